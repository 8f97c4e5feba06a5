import { api } from "../../bridge/api/imports-milter.ts"; export const imported = api;
