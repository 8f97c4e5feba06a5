import { host } from "../a/host.ts"; export const other = host;
