// The OpenAPI 3.1 document, made from the endpoints and their schemas.
import { toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { errorSchema } from "./answers.ts";
import type { Access, Answer, Endpoint } from "./endpoint.ts";
import type { Site } from "./ports.ts";

function schemaOf(schema: v.GenericSchema): object {
  // Checks that JSON Schema has no word for are left out there; the API itself still makes them.
  const { $schema: _, ...rest } = toJsonSchema(schema, { errorMode: "ignore" });
  return rest;
}

const security: Readonly<Record<Access, readonly object[]>> = {
  open: [],
  optional: [{}, { bearer: [] }],
  bearer: [{ bearer: [] }],
  admin: [{ administrator: [] }],
};

function error(description: string): Answer {
  return { description, schema: errorSchema };
}

/** All that may be answered: by the endpoint, and by what stands before it (app.ts). */
export function answersOf({ access, body, maxBytes, answers }: Endpoint): Endpoint["answers"] {
  const ofBody = {
    400: error("Not the JSON that is taken; the detail says where"),
    413: error(`More than ${maxBytes} octets`),
    415: error("Not application/json"),
  };
  return {
    ...(body === null ? {} : ofBody),
    ...(access === "open" ? {} : { 401: error("The bearer is missing, or opens nothing") }),
    429: error("Too often; Retry-After says when to come again"),
    503: error("The bridge failed; Retry-After says when to come again"),
    ...answers,
  };
}

function operation(endpoint: Endpoint): object {
  const { summary, query, body, access, path } = endpoint;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const inQuery = Object.entries(query).map(([name, description]) => ({
    name,
    in: "query",
    description,
    schema: { type: "string" },
  }));
  const responses = Object.entries(answersOf(endpoint)).map(([status, { description, schema, type }]) => {
    const content =
      schema === undefined
        ? type === undefined
          ? {}
          : { content: { [type]: { schema: { type: "string" } } } }
        : { content: { "application/json": { schema: schemaOf(schema) } } };
    return [status, { description, ...content }];
  });
  return {
    summary,
    parameters: [...inPath, ...inQuery],
    ...(body === null
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: schemaOf(body) } } } }),
    responses: Object.fromEntries(responses) as object,
    security: security[access],
  };
}

/** The document. What stands below the `_ipp` URL is protocol, not API, and is described in docs/protocol.md. */
export function openApi(endpoints: readonly Endpoint[], site: Site): object {
  const paths = Map.groupBy(endpoints, ({ path }) => path);
  return {
    openapi: "3.1.0",
    info: {
      title: "Waybill",
      version: "1",
      description: "What a bridge answers to add-ons, postmasters and monitoring. Errors are {code, detail}.",
    },
    servers: [{ url: site.publicUrl }],
    paths: Object.fromEntries(
      [...paths].map(([path, list]) => [path, Object.fromEntries(list.map((one) => [one.method, operation(one)]))]),
    ) as object,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "from pairing with a mailbox" },
        administrator: { type: "http", scheme: "bearer", description: "printed by `waybill`" },
      },
    },
  };
}
