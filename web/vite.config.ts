// Builds the page into dist/, with a .gz beside each text file (the server sends it as it is), and fails when what the
// browser must load before the workspace is usable grows past its budget.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const kBudgetBytes = 430 * 1024; // gzipped: workspace with both charts

function compressAndWeigh(): Plugin {
  return {
    name: 'compress-and-weigh',
    apply: 'build',
    closeBundle() {
      const assets = join(import.meta.dirname, 'dist');
      let total = 0;
      for (const name of readdirSync(assets, { recursive: true, encoding: 'utf8' })) {
        if (!/\.(js|css|html|svg)$/.test(name)) continue;
        const packed = gzipSync(readFileSync(join(assets, name)), { level: 9 });
        writeFileSync(join(assets, `${name}.gz`), packed);
        if (/\.(js|css)$/.test(name)) total += packed.length;
      }
      const said = `${(total / 1024).toFixed(1)} KB gzipped of ${kBudgetBytes / 1024} KB`;
      if (total > kBudgetBytes) throw new Error(`the page is over its size budget: ${said}`);
      console.log(`size budget: ${said}`);
    },
  };
}

export default defineConfig({
  plugins: [react(), compressAndWeigh()],
  build: { target: 'es2022', sourcemap: false, chunkSizeWarningLimit: 400 },
});
