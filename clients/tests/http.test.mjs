// What is particular to our HTTP: trusted documents over GET with 304, files, event streams, headers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { citizen, readyDraft, upload, url } from './lib.mjs';

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
