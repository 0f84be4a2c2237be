// The real `stom serve` as a child process, and its REST API with the token of its start.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const kRoot = join(import.meta.dirname, '..', '..');

const kStartMs = 120_000; // a sanitizer build on a busy machine

function findProgram() {
  const built = ['asan', 'release', 'dev'].map((preset) => join(kRoot, 'build', preset, 'bin', 'stom'));
  const program = process.env.STOM_BIN ?? built.find((path) => existsSync(path));
  if (!program) throw new Error('no stom program: build one, or name it in STOM_BIN');
  return program;
}

/** A `stom` that runs until it is told to end, and says in its first line where it is. */
export class Program {
  #child;

  constructor(words, env) {
    this.#child = spawn(findProgram(), words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const child = this.#child;
    this.line = new Promise((done, fail) => {
      createInterface({ input: child.stdout }).once('line', (text) => done(JSON.parse(text)));
      child.once('error', fail);
      child.once('exit', (code) => fail(new Error(`stom ${words[0]} ended with code ${code}`)));
      setTimeout(
        () => fail(new Error(`stom ${words[0]} said nothing for ${kStartMs / 1000} s`)),
        kStartMs,
      ).unref();
    });
    this.line.catch(() => {}); // told to whoever waits for it
  }

  signal(name) {
    this.#child.kill(name);
  }

  /** Its exit code; at once where it has ended. */
  async end(name) {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = new Promise((done) => child.once('exit', (code) => done(code)));
    child.kill(name);
    return ended;
  }
}

export class Engine {
  #program = null;
  #env;
  #port = 0;
  #arguments;

  /** Makes the market that is replayed, in a home folder of its own. */
  constructor(home, instrument, extra, minutes = 20) {
    this.#env = { ...process.env, STOM_HOME: home };
    const market = [
      'data',
      'gen',
      '--instrument',
      instrument,
      '--minutes',
      String(minutes),
      '--history',
      '0',
      '--seed',
      '11',
    ];
    this.run(...market);
    this.#arguments = [
      'serve',
      '--json',
      '--paused',
      '--session',
      'e2e',
      '--web',
      join(kRoot, 'web', 'dist'),
      '--instrument',
      instrument,
      ...extra,
    ];
  }

  /** `stom WORDS…` beside the engine, over the same data. */
  run(...words) {
    const done = spawnSync(findProgram(), words, { env: this.#env, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`stom ${words.join(' ')}: ${done.stderr}`);
    return done.stdout;
  }

  /** `stom WORDS…` that goes on running, under the same home. */
  background(...words) {
    return new Program(words, this.#env);
  }

  /** Starts, or starts again on the port of the first time; resolves when it has said where it is. */
  async start() {
    this.#program = this.background(...this.#arguments, '--port', String(this.#port));
    const said = await this.#program.line;
    this.address = said.address.replace(/\/$/, '');
    this.url = said.url;
    this.token = said.token;
    this.#port = Number(new URL(this.address).port);
  }

  async api(method, path, body, headers = {}) {
    const response = await fetch(`${this.address}/api/v1${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }

  /** kill -9: no chance to tidy up. */
  async kill() {
    await this.#end('SIGKILL');
  }

  async terminate() {
    return this.#end('SIGTERM');
  }

  async #end(signal) {
    const program = this.#program;
    this.#program = null;
    return program?.end(signal) ?? null;
  }
}
