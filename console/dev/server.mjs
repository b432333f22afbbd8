// A development aid, never a part of the product: answers the console's API with invented data, so
// that pages can be built without the real server. It judges nothing and keeps nothing.
//
//   node dev/server.mjs [--port 8786] [--base /x/] [--fresh]
//
// `--fresh` starts with no events, as a first run does. The one-time link's token is `once`.
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { answerQuery, catalogue, forget, makeEvent, purposes, remember } from './invented.mjs';
import { answerKept, kept } from './kept.mjs';
import { answerSql, schema } from './sql.mjs';
import { persons } from './more-answers.mjs';

const option = (name, standard) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? standard : process.argv[at + 1];
};
const PORT = Number(option('port', '8786'));
const BASE = option('base', '/');
const FRESH = process.argv.includes('--fresh');
const SAVED = kept(FRESH);
// A question whose text holds this is slow, so that waiting can be seen.
const SLOW = 'slow';
const running = new Map();
const DIST = new URL('../dist/', import.meta.url);
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src 'self' data:; font-src 'self'; base-uri 'self'; form-action 'self'; " +
  "frame-ancestors 'none'";
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

const counts = (received) => ({
  received,
  accepted: Math.floor(received * 0.71),
  duplicate: Math.floor(received * 0.01),
  filtered: 0,
  refused: received
    ? {
        'consent-absent': received - Math.floor(received * 0.71) - Math.floor(received * 0.01)
          - Math.floor(received * 0.08),
        'consent-withdrawn': Math.floor(received * 0.08),
      }
    : {},
  invalid: 0,
  limited: 0,
  quarantined: 0,
});
const state = {
  signedIn: false,
  password: null,
  links: new Set(['once']),
  sequence: 1,
  verdicts: [],
  events: [],
  keys: [],
  erasures: [],
  streams: { verdict: new Set(), event: new Set() },
  sources: ['shop-web', 'shop-server'].map((name, index) => ({
    name,
    kind: index === 0 ? 'site' : 'server',
    audience: 'general',
    markets: ['EU'],
    keys: [],
    counts: counts(FRESH ? 0 : index === 0 ? 184_220 : 20_871),
  })),
};

const problem = (response, status, code, title, detail, more = {}) => {
  const instance = `req-${(state.sequence += 1)}`;
  const body = { type: `problems/${code}`, title, status, detail, code, instance, ...more };
  response.writeHead(status, { 'content-type': 'application/problem+json' });
  response.end(JSON.stringify(body));
};
const json = (response, body, status = 200) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};

function publish(name, item) {
  for (const stream of state.streams[name]) {
    stream.write(`event: ${name}\ndata: ${JSON.stringify(item)}\n\n`);
  }
}

function judge(source, kind, given, event) {
  const time = new Date().toISOString();
  const open = Object.entries(given ?? {}).filter(([, yes]) => yes).map(([name]) => name);
  const refused = open.length === 0;
  const verdict = {
    sequence: (state.sequence += 1),
    time,
    source: source.name,
    kind,
    outcome: refused ? 'refused' : 'accepted',
    code: refused ? 'consent-absent' : null,
    remedy: refused
      ? "send the person's choice: `context.consent` on the event, or `POST /v1/consent`"
      : null,
    purposes: open,
    protocol: 'segment',
  };
  source.counts.received += 1;
  if (refused) {
    source.counts.refused['consent-absent'] = (source.counts.refused['consent-absent'] ?? 0) + 1;
  } else {
    source.counts.accepted += 1;
    const kept = { ...event, time, received: time, source: source.name, purposes: open };
    state.events.unshift(kept);
    state.events.length = Math.min(state.events.length, 200);
    publish('event', kept);
  }
  state.verdicts.unshift(verdict);
  state.verdicts.length = Math.min(state.verdicts.length, 200);
  publish('verdict', verdict);
}

const isEmpty = () => FRESH && state.events.length === 0;
const API = {
  'GET session': () => ({ actor: 'a1', name: 'admin', password_set: state.password !== null }),
  'GET status': () => ({
    version: '0.1.0',
    region: 0,
    controller: 'shop',
    started: new Date().toISOString(),
    fresh_rows: state.events.length,
    files: FRESH ? 0 : 112,
    file_rows: FRESH ? 0 : 146_001,
    file_bytes: FRESH ? 0 : 9_100_000,
    people: 8_112,
    leaves: 9_020,
    segments: 1,
    concerns: FRESH
      ? []
      : [
          {
            code: 'file-quarantined',
            file: 'quarantine/000000000007-foreign-0.journal',
            bytes: 4_096,
            remedy:
              'bytes of the journal that this installation cannot read lie in this file: move it ' +
              'to the installation that wrote it, or remove it',
          },
        ],
  }),
  'GET sources': () => state.sources,
  'GET keys': () => state.keys,
  'GET verdicts': () => state.verdicts,
  'GET events': () => state.events,
  'GET catalogue/purposes': () => purposes,
  'GET catalogue/events': () => catalogue.events(isEmpty()),
  'GET catalogue/properties': () => (isEmpty() ? [] : catalogue.properties),
  'GET erasures': () => state.erasures,
  'GET ledger': () => ({
    size: 431,
    public_key: 'candor/shop/0+8f1c2d3e+AeVnq83vEjRWeJA0Vnq83vEjRWeJA0Vnq83vEjRWeJA0',
    checkpoint:
      'candor/shop/eu\n431\nq83vEjRWeJA0Vnq83vEjRWeJA0Vnq83vEjRWeJA0Vno=\n\n' +
      '— candor/shop/eu Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5\n',
  }),
  'GET doctor': () => ({
    source: 'shop-web',
    findings: [
      { code: 'key', state: 'ok', title: 'The source has a key', detail: '', remedy: null },
      {
        code: 'silent',
        state: 'problem',
        title: 'Nothing was received',
        detail: 'no request with a key of this source has reached the server',
        remedy: 'see that the host in the snippet is this server, and that no blocker stops it',
      },
    ],
  }),
};

function facts(url) {
  const after = Number(url.searchParams.get('after') ?? 0);
  return Array.from({ length: Math.max(0, Math.min(50, 431 - after)) }, (_, at) => ({
    index: after + at,
    fact: {
      fact: (after + at) % 7 === 0 ? 'answered' : 'collected',
      at: new Date(Date.now() - (431 - after - at) * 61_000).toISOString(),
      source: 1,
      counts: { received: 97, accepted: 70, duplicate: 0, refused: { 'consent-absent': 27 } },
    },
  }));
}

function tabular(answer) {
  const rows = Object.values(answer).find((each) => Array.isArray(each)) ?? [];
  return rows.map((each) => (typeof each === 'object' ? JSON.stringify(each) : each)).join('\n');
}

/** A question: its answer, a file of it, the people behind it, or a long wait that can be ended. */
async function ask(path, body, request, response) {
  const id = request.headers['query-id'];
  const isSlow = JSON.stringify(body).includes(SLOW);
  const wait = { started: Date.now(), ends: isSlow ? 6_000 : 60, cancelled: false };
  if (id) running.set(id, wait);
  while (Date.now() - wait.started < wait.ends && !wait.cancelled) {
    await new Promise((done) => setTimeout(done, 40));
  }
  running.delete(id);
  if (wait.cancelled) {
    return problem(response, 409, 'query-cancelled', 'the question was cancelled', undefined,
      { remedy: 'ask it again' });
  }
  const [kind, people] = path.split('/');
  if (kind === 'sql') return answerSql(body, response, problem, json);
  if (body.steps?.some((step) => step.event === 'Fail')) {
    return problem(response, 422, 'plan-invalid', 'the question cannot be asked', 'bad step',
      { errors: [{ pointer: '/steps/0', detail: 'no such event' }] });
  }
  if (people) {
    const answer = answerQuery('people', { ...body.question }, isEmpty());
    return json(response, { ...answer, people: persons(18, Math.random), total: 218 });
  }
  const answer = answerQuery(kind, body, isEmpty());
  const accept = request.headers.accept ?? '';
  if (/csv|parquet/.test(accept)) {
    response.writeHead(200, { 'content-type': accept });
    return response.end(tabular(answer));
  }
  return json(response, answer);
}

function progress(id, request, response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const tell = () => {
    const own = running.get(id);
    if (!own) return response.end('event: done\ndata: {}\n\n');
    const share = Math.min(1, (Date.now() - own.started) / own.ends);
    const said = {
      rows: Math.round(20_000_000 * share),
      bytes: Math.round(410_000_000 * share),
      of_bytes: 410_000_000,
      seconds: (Date.now() - own.started) / 1000,
      phase: 'reading files',
    };
    response.write(`event: progress\ndata: ${JSON.stringify(said)}\n\n`);
  };
  tell();
  const timer = setInterval(tell, 200);
  request.on('close', () => clearInterval(timer));
}

/** The answers of a dashboard's tiles, each by itself. */
function tileAnswers(board, filters) {
  const tiles = board.tiles.map(({ id, question }) => {
    const own = question.saved
      ? SAVED.questions.find((each) => each.id === question.saved)
      : question;
    if (!own) return { id, problem: { title: 'no such question is saved', status: 404 } };
    return { id, answer: answerQuery(own.kind, { ...own.question, ...filters }, isEmpty()) };
  });
  return { tiles };
}

const SAVED_PATH = /^(questions|dashboards|cohorts|alerts|annotations)(?:\/([^/]+))?(?:\/(\w+))?$/;

function saved(verb, name, body, response) {
  const [, kind, id, action] = SAVED_PATH.exec(name);
  if (action === 'answers') {
    const board = SAVED.dashboards.find((each) => each.id === id);
    if (!board) return problem(response, 404, 'not-found', 'no such dashboard is saved', id);
    return json(response, tileAnswers(board, body.filters ?? {}));
  }
  if (action) return json(response, { sent: 1 });
  const answer = answerKept(SAVED[kind], verb, id, body);
  if (!answer) return problem(response, 404, 'not-found', 'nothing is saved under this', id);
  return json(response, answer);
}

async function post(path, body, request, response) {
  if (path === 'session/link') {
    if (!state.links.delete(body.token)) {
      return problem(response, 401, 'link-used', 'the link does not work',
        'a one-time link works once', { remedy: 'start Candor again, or sign in by password' });
    }
    state.signedIn = true;
    return json(response, {});
  }
  if (path === 'session') {
    if (state.password === null || body.password !== state.password) {
      return problem(response, 401, 'password-wrong', 'the password is not right', undefined);
    }
    state.signedIn = true;
    return json(response, {});
  }
  if (path === 'session/password') {
    state.password = body.password;
    state.signedIn = false;
    return json(response, {});
  }
  if (path === 'keys') {
    const key = `cd_${body.kind}_${Math.random().toString(36).slice(2)}${Date.now().toString(36)}`;
    const item = {
      id: `k${(state.sequence += 1)}`,
      kind: body.kind,
      prefix: key.slice(0, 12),
      source: body.source ?? null,
      created: new Date().toISOString(),
      last_used: null,
    };
    state.keys.push(item);
    return json(response, { id: item.id, key });
  }
  if (path === 'export/picture') {
    response.writeHead(204);
    return response.end();
  }
  if (path.startsWith('query/')) return ask(path.slice(6), body, request, response);
  if (path === 'people/find') return json(response, { person: 'p12' });
  if (path === 'people/erase') {
    const item = {
      erasure: `e${state.erasures.length + 1}`,
      state: 'rewriting',
      leaves: 2,
      keys_destroyed: 3,
      files_to_rewrite: 4,
      asked: new Date().toISOString(),
    };
    forget(body.user_id ?? body.device_id);
    state.erasures.unshift(item);
    return json(response, item);
  }
  if (path === 'people/export') {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    return response.end(state.events.slice(0, 3).map((e) => JSON.stringify(e)).join('\n'));
  }
  if (path === 'ledger/verify') {
    return json(response, {
      ok: true,
      size: 431,
      problems: [],
      note: 'without a checkpoint kept elsewhere, a cut tail cannot be seen',
    });
  }
  return problem(response, 404, 'not-found', 'there is nothing here', path);
}

function stream(name, request, response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': listening\n\n');
  state.streams[name].add(response);
  request.on('close', () => state.streams[name].delete(response));
}

function staticFile(path, response) {
  const file = new URL(path === '' ? 'index.html' : path, DIST);
  const found = existsSync(file) && extname(path) !== '' ? file : new URL('index.html', DIST);
  const type = TYPES[extname(found.pathname)] ?? 'application/octet-stream';
  let content = readFileSync(found);
  if (type.startsWith('text/html')) {
    content = content.toString().replace('<base href="/" />', `<base href="${BASE}" />`);
  }
  response.writeHead(200, { 'content-type': type, 'content-security-policy': CSP });
  response.end(content);
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? {} : JSON.parse(text);
}

function collect(path, body, response) {
  const source = state.sources[0];
  const all = body.batch ?? [body];
  for (const each of all) {
    const given = each.context?.consent?.categoryPreferences;
    if (given) remember(each.event, each.userId);
    judge(source, each.type ?? 'track', given, {
      event: each.event ?? 'Page Viewed',
      person: 'p1',
      properties: each.properties ?? {},
    });
  }
  json(response, { success: true });
}

createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (!url.pathname.startsWith(BASE)) return problem(response, 404, 'not-found', 'not here');
  const path = url.pathname.slice(BASE.length);
  if (path.startsWith('v1/')) return collect(path, await bodyOf(request), response);
  if (!path.startsWith('api/')) return staticFile(path, response);
  const name = path.slice(4);
  const body = /POST|PUT/.test(request.method) ? await bodyOf(request) : {};
  const isSignIn = request.method === 'POST' && (name === 'session' || name === 'session/link');
  if (!state.signedIn && !isSignIn) {
    return problem(response, 401, 'not-signed-in', 'sign in first', undefined);
  }
  if (SAVED_PATH.test(name)) return saved(request.method, name, body, response);
  const query = /^queries\/([^/]+)(\/events)?$/.exec(name);
  if (query && query[2]) return progress(query[1], request, response);
  if (query) {
    const own = running.get(query[1]);
    if (own) own.cancelled = true;
    return json(response, {});
  }
  if (name === 'query/sql/schema') return json(response, schema);
  if (name === 'verdicts/stream') return stream('verdict', request, response);
  if (name === 'events/stream') return stream('event', request, response);
  if (name === 'ledger/facts') return json(response, facts(url));
  if (request.method === 'POST') return post(name, body, request, response);
  if (request.method === 'DELETE') {
    if (name === 'session') state.signedIn = false;
    state.keys = state.keys.filter((key) => `keys/${key.id}` !== name);
    return json(response, {});
  }
  if (name.startsWith('people/')) {
    const events = state.events.slice(0, 12).reverse();
    const acts = [
      { time: new Date(Date.now() - 9e8).toISOString(), yes: ['measure'], no: ['advertise'] },
      { time: new Date(Date.now() - 3e8).toISOString(), yes: ['analyse'], no: [] },
    ];
    const choices = [
      { purpose: 'measure', answer: 'yes' },
      { purpose: 'analyse', answer: 'yes' },
      { purpose: 'advertise', answer: 'no' },
    ];
    const purpose = url.searchParams.get('purpose');
    const seen = purpose === 'advertise' ? [] : events;
    return json(response, { person: name.slice(7), purpose, events: seen, acts, choices });
  }
  const answer = API[`${request.method} ${name}`];
  if (!answer) return problem(response, 404, 'not-found', 'there is nothing here', name);
  return json(response, answer());
}).listen(PORT, '127.0.0.1', () => {
  console.log(`fixture at http://127.0.0.1:${PORT}${BASE}?link=once`);
});

if (!FRESH) {
  const emit = () => {
    const event = makeEvent();
    const given = Math.random() < 0.75 ? { measure: true, analyse: Math.random() < 0.7 } : {};
    judge(state.sources[0], 'track', given, event);
  };
  for (let at = 0; at < 40; at += 1) emit();
  setInterval(emit, 1300).unref();
}
