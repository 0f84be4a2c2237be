import { defineConfig } from 'vitest/config';

// Time as a busy machine needs it: no test is about how long something takes.
const kPatienceMs = 60_000;

export default defineConfig({
  test: { include: ['src/**/*.test.ts'], environment: 'node', testTimeout: kPatienceMs },
});
