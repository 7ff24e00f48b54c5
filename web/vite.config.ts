import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const SERVER = process.env.GRAPHFLOW_SERVER ?? "http://127.0.0.1:7868";

/** Lays a packed twin beside each text of the bundle, so that the server never packs: it sends what the browser takes. */
function packed(): Plugin {
  let folder = "";
  return {
    name: "packed",
    apply: "build",
    configResolved: ({ build }) => {
      folder = build.outDir;
    },
    writeBundle: () => {
      for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
        if (!entry.isFile() || !/\.(js|css|svg|html|json)$/.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const bytes = readFileSync(path);
        const best = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: best }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), packed()],
  // The page may lie under any path of a reverse proxy.
  base: "./",
  build: {
    outDir: process.env.GRAPHFLOW_STATIC ?? "../graphflow/server/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0, // the content security policy allows no data: in scripts or styles
    modulePreload: { polyfill: false },
  },
  worker: { format: "es" },
  server: {
    host: "127.0.0.1",
    port: 7870,
    proxy: {
      // The server looks at Host and Origin: to it, the page must seem to come from itself.
      "/api": { target: SERVER, changeOrigin: true, ws: true, headers: { origin: SERVER } },
      "/login": { target: SERVER, changeOrigin: true, headers: { origin: SERVER } },
    },
  },
});
