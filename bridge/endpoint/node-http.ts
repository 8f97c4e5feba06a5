// node:http and node:https as the objects that require() gives. Imported as ES modules they have all their exports read, and
// one of those loads undici (fetch, WebSocket): 11 MB that a bridge never needs which nobody asks anything over HTTP.
export const { createServer, request } = process.getBuiltinModule("node:http");
export const { createServer: createTlsServer, request: tlsRequest } = process.getBuiltinModule("node:https");
