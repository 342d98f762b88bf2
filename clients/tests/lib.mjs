// What every test needs: where the server is, the house's own documents, and people who are signed in.
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const base = process.env.JINMIN_URL ?? 'http://127.0.0.1:8000';
export const url = `${base}/graphql`;
export const socketUrl = url.replace(/^http/, 'ws');
export const sandbox = process.env.JINMIN_SANDBOX_URL ?? 'http://127.0.0.1:8002';

const root = new URL('../../graphql/', import.meta.url);
const index = JSON.parse(readFileSync(new URL('operations.json', root), 'utf8'));

export const schemaFile = fileURLToPath(new URL('../../schema.graphql', import.meta.url));
export const operationsFolder = fileURLToPath(new URL('operations', root));

/** The text of one of the house's own documents. */
export function document(name) {
  const path = Object.values(index).find((candidate) => candidate.endsWith(`/${name}.graphql`));
  return readFileSync(new URL(path, root), 'utf8');
}

/** The id of a document: the SHA-256 of its text. */
export const idOf = (text) => createHash('sha256').update(text).digest('hex');

export const key = () => randomUUID();

export const OLD_AGE_ALLOWANCE = { code: '000511001000', division: '330521' };

/** One operation by plain fetch, as a mini-program sends it. */
export async function ask(name, variables = {}, token) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'accept-language': 'en',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify({ documentId: idOf(document(name)), variables }),
  });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(JSON.stringify(errors));
  const [value] = Object.values(data);
  if (value?.__typename === 'Problem') throw new Error(JSON.stringify(value));
  return value;
}

/** A citizen who has just signed in with a new WeChat account: the access token. */
export async function citizen() {
  const login = await fetch(`${sandbox}/admin/wechat/login`, { method: 'POST', body: '{}' });
  const { code } = await login.json();
  const session = await ask('SignInWithMiniProgram', {
    input: { platform: 'WECHAT', code, idempotencyKey: key() },
  });
  return session.accessToken;
}

/** Somebody new whom the population registry knows: born 1940, registered in Deqing. */
export async function person() {
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const day = String(1 + Math.floor(Math.random() * 28)).padStart(2, '0');
  const month = String(1 + Math.floor(Math.random() * 12)).padStart(2, '0');
  const digits = `3305211940${month}${day}${Math.floor(100 + Math.random() * 900)}`;
  const sum = [...digits].reduce((total, digit, at) => total + Number(digit) * weights[at], 0);
  const made = { name: '沈阿福', residentId: digits + '10X98765432'[sum % 11] };
  await fetch(`${sandbox}/admin/registry/people`, {
    method: 'POST',
    body: JSON.stringify({ ...made, householdDivision: '330521' }),
  });
  return made;
}

/** A draft that only needs to be handed in, by a citizen whom an officer has confirmed at the window. */
export async function readyDraft() {
  const somebody = await person();
  const token = await citizen();
  const input = (given) => ({ input: { ...given, idempotencyKey: key() } });
  await ask('BindRealName', input(somebody), token);
  const { windowCode: sessionCode } = await ask('RequestWindowCode', input({}), token);
  const officer = await ask(
    'SignInOfficer',
    input({ login: 'deqing-window', password: 'jinmin-demo-only' }),
  );
  await ask(
    'ConfirmIdentityAtWindow',
    input({ ...somebody, documentSeen: 'ID_CARD', sessionCode }),
    officer.accessToken,
  );
  const { code, division } = OLD_AGE_ALLOWANCE;
  const draft = await ask('StartApplication', input({ itemCode: code, division }), token);
  const answers = JSON.parse(process.env.JINMIN_ANSWERS);
  await ask(
    'SaveAnswers',
    input({ applicationId: draft.id, version: draft.version, answers }),
    token,
  );
  const uploaded = await (await upload(draft.id, token)).json();
  const { __typename: kind } = Object.values(uploaded.data)[0];
  if (kind === 'Problem') throw new Error(JSON.stringify(uploaded));
  return { token, id: draft.id };
}

/** A file by the GraphQL multipart request specification, as `wx.uploadFile` sends it. */
export async function upload(applicationId, token, headers = { 'x-jinmin-preflight': '1' }) {
  const form = new FormData();
  const variables = {
    input: { applicationId, materialCode: 'bank-card', file: null, idempotencyKey: key() },
  };
  form.append(
    'operations',
    JSON.stringify({ documentId: idOf(document('UploadMaterial')), variables }),
  );
  form.append('map', JSON.stringify({ 0: ['variables.input.file'] }));
  form.append('0', new Blob([PICTURE], { type: 'image/png' }), 'card.png');
  return fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, ...headers },
    body: form,
  });
}

/** The smallest picture: one white dot. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC',
  'base64',
);
