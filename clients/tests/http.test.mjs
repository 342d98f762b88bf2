// What is particular to our HTTP: trusted documents over GET with 304, files, event streams, headers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { citizen, document, idOf, OLD_AGE_ALLOWANCE, readyDraft, upload, url } from './lib.mjs';

test('a file needs a header that a form on a foreign page cannot send', async () => {
  const { token, id } = await readyDraft();
  const good = await (await upload(id, token)).json();
  assert.equal(good.data.uploadMaterial.id, id);
  for (const header of ['apollo-require-preflight', 'graphql-preflight']) {
    assert.equal((await upload(id, token, { [header]: '1' })).status, 200);
  }
  assert.equal((await upload(id, token, {})).status, 400);
});

test('an answer protects the browser that shows it', async () => {
  const answer = await fetch(`${url}?query={__typename}`);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
  assert.ok(answer.headers.get('x-request-id'));
  assert.equal(answer.headers.get('server'), null);
});

test('nobody gets far with a token that is not ours', async () => {
  const token = await citizen();
  const answer = await fetch(`${url}?query={me{id}}`, {
    headers: { authorization: `Bearer ${token}x` },
  });
  assert.equal(answer.status, 401);
});

test('a public document is asked for by id over GET, kept, and validated with 304', async () => {
  const address = new URL(url);
  address.searchParams.set('documentId', idOf(document('ServiceItem')));
  address.searchParams.set('variables', JSON.stringify(OLD_AGE_ALLOWANCE));
  const first = await fetch(address);
  assert.equal(first.status, 200);
  assert.match(first.headers.get('cache-control'), /^public, max-age=\d+/);
  const again = await fetch(address, { headers: { 'if-none-match': first.headers.get('etag') } });
  assert.equal(again.status, 304);
  assert.equal(await again.text(), '');
  const own = new URL(url);
  own.searchParams.set('documentId', idOf(document('Me')));
  const mine = await fetch(own, { headers: { authorization: `Bearer ${await citizen()}` } });
  assert.equal(mine.headers.get('cache-control'), 'no-store');
});

test('the same key answers the same thing, whatever happened since', async () => {
  const { token, id } = await readyDraft();
  const once = (text) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ documentId: idOf(text), variables: { input } }),
    }).then((answer) => answer.text());
  const input = { itemCode: '000511001000', division: '330521', idempotencyKey: 'one-intent-only' };
  const first = await once(document('StartApplication'));
  assert.notEqual(JSON.parse(first).data.startApplication.id, id);
  assert.equal(await once(document('StartApplication')), first);
});
