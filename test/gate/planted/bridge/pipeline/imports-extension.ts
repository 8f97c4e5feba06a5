import { panel } from "../../extension/ui/panel.ts"; export const imports = panel;
