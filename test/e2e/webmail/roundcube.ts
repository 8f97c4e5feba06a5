// Debian's Roundcube under PHP's own web server, with a database and settings of its own.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { startProgram, type Running } from "../running.ts";
import { until } from "../wait.ts";

/** What a test asks for. */
export interface RoundcubeOptions {
  /** Folder of its own for database, settings and logs. */
  readonly folder: string;
  readonly port: number;
  /** "127.0.0.1:143" or "ssl://imap.example:993". */
  readonly imap: string;
  readonly smtp?: string;
  readonly skin: "elastic" | "larry";
  /** CA file for its own TLS connections. */
  readonly authorityFile?: string;
  readonly namespace?: string;
  /** Where readers find it, when that isn't the port itself. */
  readonly publicUrl?: string;
}

/** A Roundcube that runs. */
export interface Roundcube {
  readonly url: string;
  readonly program: Running;
  /** Shows another skin from the next page on. */
  wear(skin: RoundcubeOptions["skin"]): void;
  stop(): Promise<void>;
}

function phpString(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function settings(options: RoundcubeOptions): string {
  const tls =
    options.authorityFile === undefined
      ? ""
      : `['ssl' => ['verify_peer' => true, 'cafile' => ${phpString(options.authorityFile)}]]`;
  const lines: readonly (readonly [string, string])[] = [
    ["db_dsnw", phpString(`sqlite:///${options.folder}/roundcube.db?mode=0646`)],
    ["imap_host", phpString(options.imap)],
    ["smtp_host", phpString(options.smtp ?? "127.0.0.1:1")],
    ...(tls === ""
      ? []
      : ([
          ["imap_conn_options", tls],
          ["smtp_conn_options", tls],
        ] as const)),
    ["product_name", "'Roundcube'"],
    ["des_key", "'0123456789abcdefghijklmn'"],
    ["plugins", "[]"],
    ["skin", phpString(options.skin)],
    ["log_dir", phpString(`${options.folder}/log/`)],
    ["temp_dir", phpString(`${options.folder}/tmp/`)],
    ["enable_spellcheck", "false"],
    ["session_lifetime", "60"],
    ["language", "'en_US'"],
    ["check_all_folders", "true"],
    ["refresh_interval", "60"],
  ];
  return `<?php\n$config = [];\n${lines.map(([name, value]) => `$config['${name}'] = ${value};\n`).join("")}`;
}

/** Starts Roundcube on 127.0.0.1. */
export async function startRoundcube(options: RoundcubeOptions, signal: AbortSignal): Promise<Roundcube> {
  const { folder, port } = options;
  rmSync(folder, { recursive: true, force: true });
  for (const name of ["log", "tmp"]) mkdirSync(join(folder, name), { recursive: true });
  const database = new DatabaseSync(join(folder, "roundcube.db"));
  database.exec(readFileSync("/usr/share/roundcube/SQL/sqlite.initial.sql", "utf8"));
  database.close();
  for (const name of ["defaults.inc.php", "mimetypes.php"]) copyFileSync(`/etc/roundcube/${name}`, join(folder, name));
  writeFileSync(join(folder, "config.inc.php"), settings(options));
  const program = startProgram(
    {
      name: `roundcube ${options.skin}`,
      command: "php",
      args: [
        "-d",
        "error_reporting=22527",
        "-d",
        "opcache.enable=0",
        "-S",
        `127.0.0.1:${port}`,
        "-t",
        "/var/lib/roundcube/public_html",
      ],
      env: { ROUNDCUBE_CONFIG_DIR: folder, PHP_CLI_SERVER_WORKERS: "4" },
      log: join(folder, "log", "php.log"),
      namespace: options.namespace,
      group: true,
    },
    signal,
  );
  const url = options.publicUrl ?? `http://127.0.0.1:${port}/`;
  await until(`Roundcube at ${url}`, async () => (await fetch(url, { signal: AbortSignal.timeout(5_000) })).ok);
  const wear = (skin: RoundcubeOptions["skin"]): void =>
    writeFileSync(join(folder, "config.inc.php"), settings({ ...options, skin }));
  return { url, program, wear, stop: () => program.stop() };
}
