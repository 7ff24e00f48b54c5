import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const SERVER = process.env.GRAPHFLOW_SERVER ?? "http://127.0.0.1:7868";

export default defineConfig({
  plugins: [react()],
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
