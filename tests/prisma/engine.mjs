#!/usr/bin/env node
// A schema engine for the real Prisma CLI, which would download a native one: the CLI's JSON-RPC on
// standard input, answered by the engine's WASM build over `pg`. PRISMA_MODULES is the folder that
// has both. Only `migrate status`, `deploy` and `diff` are answered.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import readline from "node:readline";

const require = createRequire(join(process.env.PRISMA_MODULES, "any.js"));
const wasm = dirname(require.resolve("@prisma/schema-engine-wasm"));
const { PrismaPg } = require("@prisma/adapter-pg");
const { bindMigrationAwareSqlAdapterFactory } = require("@prisma/driver-adapter-utils");
const Result = require("pg/lib/result");

// The adapter knows no `name` and no `"char"`, in which the catalogue of PostgreSQL answers: text.
const TEXT = { 18: 25, 19: 25, 1002: 1009, 1003: 1009 };
const { addFields } = Result.prototype;
Result.prototype.addFields = function (fields) {
  for (const field of fields) field.dataTypeID = TEXT[field.dataTypeID] ?? field.dataTypeID;
  return addFields.call(this, fields);
};

async function start() {
  const engine = await import(join(wasm, "schema_engine_bg.js"));
  const code = readFileSync(join(wasm, "schema_engine_bg.wasm"));
  const { instance } = await WebAssembly.instantiate(code, { "./schema_engine_bg.js": engine });
  engine.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  const database = new PrismaPg({ connectionString: process.env.DATABASE_URL });
  const adapter = bindMigrationAwareSqlAdapterFactory(database);
  return engine.SchemaEngine.new({ datamodels: undefined }, () => {}, adapter);
}

// The native engine reads this folder itself, the WASM build is given what is in it.
function migrations(folder) {
  const lock = join(folder, "migration_lock.toml");
  const found = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  const read = (name) => readFileSync(join(folder, name, "migration.sql"), "utf8");
  return {
    baseDir: folder,
    lockfile: {
      path: "migration_lock.toml",
      content: existsSync(lock) ? readFileSync(lock, "utf8") : null,
    },
    shadowDbInitScript: "",
    migrationDirectories: found
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort()
      .map((name) => ({
        path: name,
        migrationFile: { path: "migration.sql", content: { tag: "ok", value: read(name) } },
      })),
  };
}

async function answer(method, { migrationsDirectoryPath: folder, ...params }) {
  if (method === "listMigrationDirectories") {
    return { migrations: migrations(folder).migrationDirectories.map(({ path }) => path) };
  }
  if (folder) params.migrationsList = migrations(folder);
  params.filters = { externalTables: [], externalEnums: [] };
  const engine = await start();
  const result = await engine[method](params);
  if (method === "diff" && result.stdout) send({ id: 0, method: "print", params: { content: result.stdout } });
  return result;
}

function send(message) {
  process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n");
}

if (process.argv.includes("can-connect-to-database")) {
  console.log("Connection successful");
} else {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { id, method, params } = JSON.parse(line);
    if (!method) continue; // the CLI has printed what it was sent
    try {
      send({ id, result: await answer(method, params) });
    } catch (error) {
      const data = { is_panic: false, message: String(error.message ?? error), meta: null };
      send({ id, error: { code: 4466, message: "The engine failed.", data } });
    }
  }
}
