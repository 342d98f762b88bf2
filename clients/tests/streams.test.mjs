// Subscriptions with graphql-ws and graphql-sse: events as they happen, and going on after a break.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient as createSse } from 'graphql-sse';
import { CloseCode, createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { ask, document, key, readyDraft, socketUrl, url } from './lib.mjs';

const query = document('ApplicationChanged');
const submit = ({ id, token }) =>
  ask('SubmitApplication', { input: { applicationId: id, idempotencyKey: key() } }, token);

test('graphql-ws: a case is followed, and resumed by cursor after the connection broke', async () => {
  const draft = await readyDraft();
  const client = createClient({
    url: socketUrl,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${draft.token}` },
  });
  const before = client.iterate({ query, variables: { id: draft.id } });
  const { value: first } = await before.next();
  assert.equal(first.data.applicationChanged.state, 'DRAFT');
  client.terminate();
  const since = first.extensions.cursor;
  await submit(draft);
  const after = client.iterate({ query, variables: { id: draft.id, since } });
  const { value: next } = await after.next();
  assert.notEqual(next.data.applicationChanged.state, 'DRAFT');
  assert.notEqual(next.extensions.cursor, since);
  await after.return();
  await client.dispose();
});

test('graphql-sse: a case is followed in distinct connections', async () => {
  const draft = await readyDraft();
  const client = createSse({
    url,
    headers: { authorization: `Bearer ${draft.token}` },
    retryAttempts: 0,
  });
  const events = client.iterate({ query, variables: { id: draft.id } });
  const { value: first } = await events.next();
  assert.equal(first.data.applicationChanged.state, 'DRAFT');
  await submit(draft);
  const { value: second } = await events.next();
  assert.notEqual(second.data.applicationChanged.state, 'DRAFT');
  assert.ok(second.extensions.cursor);
  await events.return();
  client.dispose();
});

test('a socket with a bad token is closed, and the client is told why', async () => {
  const client = createClient({
    url: socketUrl,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: 'Bearer nonsense' },
    retryAttempts: 0,
  });
  await assert.rejects(client.iterate({ query, variables: { id: 'x' } }).next(), (event) => {
    assert.equal(event.code, CloseCode.Forbidden);
    return true;
  });
});
