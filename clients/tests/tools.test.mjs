// Tools of front-end teams: the code generator, the Relay compiler, the inspector, the type checker.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildClientSchema, getIntrospectionQuery, printSchema } from 'graphql';
import { idOf, operationsFolder, schemaFile, url } from './lib.mjs';

const here = fileURLToPath(new URL('..', import.meta.url));
const tool = (name, ...args) =>
  execFileSync(process.execPath, [join(here, 'node_modules', ...name), ...args], {
    cwd: here,
    encoding: 'utf8',
  });

const INSPECTOR = ['@graphql-inspector', 'cli', 'cjs', 'index.js'];

test('the running server has the printed schema, and the inspector finds nothing that breaks', async () => {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: getIntrospectionQuery({ inputValueDeprecation: true }) }),
  });
  const { data } = await answer.json();
  const folder = mkdtempSync(join(here, '.served-'));
  try {
    const served = join(folder, 'served.graphql');
    writeFileSync(served, printSchema(buildClientSchema(data)));
    const said = tool(INSPECTOR, 'diff', served, schemaFile);
    assert.match(said, /No (breaking )?changes detected/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the inspector finds every document of the house valid', () => {
  const said = tool(INSPECTOR, 'validate', join(operationsFolder, '**/*.graphql'), schemaFile);
  assert.match(said, /All documents are valid/);
});

test('the code generator makes types from schema and documents, and they compile', () => {
  tool(['@graphql-codegen', 'cli', 'esm', 'bin.js'], '--config', 'codegen.json');
  tool(['typescript', 'bin', 'tsc'], '--project', 'tsconfig.json');
  const documents = JSON.parse(readFileSync(join(here, 'generated', 'persisted-documents.json')));
  for (const [id, text] of Object.entries(documents)) assert.equal(id, `sha256:${idOf(text)}`);
});

test('the Relay compiler takes the schema, and its documents are ready to be registered', () => {
  rmSync(join(here, 'relay', '__generated__'), { recursive: true, force: true });
  mkdirSync(join(here, 'relay', '__generated__'));
  writeFileSync(join(here, 'relay', 'documents.json'), '{}');
  tool(['relay-compiler', 'cli.js'], 'relay.config.json');
  const made = readdirSync(join(here, 'relay', '__generated__'));
  assert.deepEqual(made.sort(), [
    'itemsFragment_page.graphql.ts',
    'itemsPageQuery.graphql.ts',
    'itemsQuery.graphql.ts',
  ]);
  const documents = JSON.parse(readFileSync(join(here, 'relay', 'documents.json')));
  assert.ok(Object.keys(documents).length >= 2);
  for (const [id, text] of Object.entries(documents)) assert.equal(id, idOf(text));
});
