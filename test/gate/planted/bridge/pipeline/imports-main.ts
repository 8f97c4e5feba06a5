import { main } from "../main.ts"; export const imported = main;
