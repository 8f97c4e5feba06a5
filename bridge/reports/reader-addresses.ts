// Which addresses are one reader's: mail may have come to him by another than the one he paired (an alias). Known from the
// configured users: what stands under one login, and under no other, is that login's. An address that several may write as
// (info@, sales@) tells of none of them who read it, and "@domain" is leave to write, not a mailbox: neither counts. Who
// reads such a mailbox pairs with it. Protocol section 6.
import { sameAddress } from "../store/digest.ts";

/** What of a configured user is looked at. */
export interface ReaderLogin {
  readonly login: string;
  /** Addresses, or "@domain" for every address there. */
  readonly addresses: readonly string[];
}

/** The addresses of a paired reader: the same ones in the same order by whichever of them he is paired. */
export type ReaderAddresses = (paired: string) => readonly string[];

/** Addresses looked at for one complaint: nobody has more, but a file may say anything. */
const mostAddresses = 100;

interface Index {
  readonly logins: readonly ReaderLogin[];
  /** Logins by address, letter case apart. */
  readonly owners: ReadonlyMap<string, ReadonlySet<string>>;
  /** Addresses by login. */
  readonly owned: ReadonlyMap<string, readonly string[]>;
}

function indexOf(logins: readonly ReaderLogin[]): Index {
  const owners = new Map<string, Set<string>>();
  const owned = new Map<string, string[]>();
  for (const { login, addresses } of logins) {
    // A login that is an address is that mailbox, whatever it may write as.
    for (const address of [login, ...addresses].filter((text) => text.indexOf("@") > 0)) {
      const key = sameAddress(address);
      owners.set(key, (owners.get(key) ?? new Set()).add(login));
      owned.set(login, [...(owned.get(login) ?? []), key]);
    }
  }
  return { logins, owners, owned };
}

/** Readers' addresses by the users that `logins` gives, asked each time, so that a reload counts at once. */
export function readerAddresses(logins: () => readonly ReaderLogin[]): ReaderAddresses {
  let index = indexOf([]);
  return (paired) => {
    const now = logins();
    if (index.logins !== now) index = indexOf(now);
    const owner = onlyOwner(index, sameAddress(paired));
    if (owner === null) return [paired];
    const all = [...new Set(index.owned.get(owner))].slice(0, mostAddresses);
    return all.filter((address) => onlyOwner(index, address) === owner);
  };
}

function onlyOwner({ owners }: Index, address: string): string | null {
  const logins = owners.get(address);
  const [only] = logins ?? [];
  return only !== undefined && logins?.size === 1 ? only : null;
}
