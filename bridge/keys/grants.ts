// Who may sign as whom, and with which purposes (decisions: [[users]], a file map, or by default the login is the address).
import { withAsciiDomain } from "../../shared/header/address.ts";
import { parsePurpose } from "../../shared/ipp/registry.ts";
import type { Declaration } from "../../shared/ipp/types.ts";
import { ok, perm, type Result } from "../../shared/result.ts";
import type { Users } from "../pipeline/ports.ts";
import type { DeclarationKeys } from "./declaration-keys.ts";
import type { Secrets } from "./secrets.ts";

/** One user as configured. */
export interface User {
  readonly login: string;
  /** Addresses, or "@domain" for every address there; domains as lower-case A-labels. */
  readonly addresses: readonly string[];
  readonly purposes: readonly string[];
  /** Purpose declared where he wishes none; "": none. */
  readonly unasked: string;
}

export interface GrantRules {
  readonly users: readonly User[];
  readonly domains: readonly string[];
  readonly loginIsAddress: boolean;
  readonly purposes: readonly string[];
}

/**
 * The users file: one user a line, "login address[,address] [purpose[,purpose] [unasked]]"; "#" starts a comment.
 * Permanent failure users/line names the line.
 */
export function parseUsers(text: string): Result<readonly User[]> {
  const users: User[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const words = line
      .replace(/(^|\s)#.*/, "")
      .trim()
      .split(/\s+/);
    const [login = "", addresses = "", purposes = "*", unasked = "", ...more] = words;
    if (login === "") continue;
    const list = addresses.split(",").filter((address) => address !== "");
    // An unasked purpose that is none would leave his mail undeclared without a word.
    const isPurpose = unasked === "" || parsePurpose(unasked).ok;
    const areAddresses = list.length > 0 && list.every((address) => /@[^@\s]+$/.test(address));
    const fine = areAddresses && isPurpose && more.length === 0;
    if (!fine) return perm("users/line", `line ${index + 1}: expected "login address[,address] [purposes] [unasked]"`);
    users.push({ login, addresses: list.map(withAsciiDomain), purposes: purposes.split(","), unasked });
  }
  return ok(users);
}

function mayUse(user: User, address: string): boolean {
  const anybodyThere = address.slice(address.lastIndexOf("@"));
  return user.addresses.some((allowed) => allowed === address || allowed === anybodyThere);
}

function unaskedDeclaration(purpose: string): Declaration | null {
  const parsed = purpose === "" ? null : parsePurpose(purpose);
  return parsed?.ok === true ? { purpose, classification: null, consent: null } : null;
}

/** The pipeline's Users over configuration, keys and secrets, each asked anew so that a reload counts at once. */
export function signingGrants(deps: {
  readonly rules: () => GrantRules;
  readonly keys: () => DeclarationKeys;
  readonly secrets: () => Secrets;
  /** Unix seconds. */
  readonly now: () => number;
}): Users {
  const userFor = (login: string, address: string): User | null => {
    const rules = deps.rules();
    const listed = rules.users.filter((user) => user.login === login);
    if (listed.length > 0) return listed.find((user) => mayUse(user, address)) ?? null;
    const domain = address.slice(address.lastIndexOf("@") + 1);
    const isSelf = rules.loginIsAddress && rules.domains.includes(domain) && withAsciiDomain(login) === address;
    return isSelf ? { login, addresses: [address], purposes: rules.purposes, unasked: "" } : null;
  };
  return {
    signing(login, asked) {
      const address = withAsciiDomain(asked);
      const user = userFor(login, address);
      if (user === null) return { kind: "foreign-address" };
      const key = deps.keys().signing(address, deps.now());
      const [tokenKey] = deps.secrets().tokenKeys;
      const unasked = unaskedDeclaration(user.unasked);
      if (key === null || tokenKey === undefined) return { kind: "no-certificate", unasked };
      return { kind: "granted", signer: key.signer, purposes: user.purposes, unasked, tokenKey };
    },
  };
}
