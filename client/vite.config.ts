import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `npm run dev` serves the page with hot reload and passes what the router answers on to it.
const router = process.env.ROUTER_URL ?? "http://127.0.0.1:3001";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@generated": new URL("../generated/ts", import.meta.url).pathname } },
  server: {
    host: "127.0.0.1",
    proxy: {
      "/socket.io": { target: router, ws: true },
      "/docs": router,
    },
    fs: { allow: [".."] },
  },
  build: { chunkSizeWarningLimit: 800 },
});
