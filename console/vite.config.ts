import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

// Relative addresses everywhere: the server may mount the console below any path.
export default defineConfig({
  base: './',
  plugins: [tailwindcss()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // For the size check, which removes it.
    manifest: true,
    rolldownOptions: {
      // Libraries mark their files for servers that render React; there is none here.
      onwarn: (warning, warn) => {
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  server: {
    port: 5173,
    proxy: {
      '/api': 'http://127.0.0.1:8786',
      '/v1': 'http://127.0.0.1:8786',
    },
  },
});
