// How the web app is built: static files with hashed names that any server can hand out.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `./stagedoor up` listens by default; only the development server of vite uses it. */
const DEVELOPMENT_API = "http://127.0.0.1:4280";

export default defineConfig({
  root: decodeURIComponent(new URL(".", import.meta.url).pathname),
  base: "/",
  plugins: [react()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    manifest: true,
    sourcemap: false,
    // Inlined files would need a wider Content-Security-Policy than 'self'.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/v1": DEVELOPMENT_API } },
});
