import { server } from "../milter/server.ts"; export const api = server;
