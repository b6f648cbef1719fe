// sql.js: values and rows as bytes. What storage.rs makes of them is tested on workerd.

import assert from "node:assert/strict";
import { test } from "node:test";
import { define, query, run, told } from "../../../lumenize-runtime/src/host/workerd/sql.js";

const text = new TextEncoder();

// As storage.rs writes parameters.
function written(...values) {
  const bytes = [];
  const part = (kind, part) => {
    bytes.push(kind, ...new Uint8Array(new Uint32Array([part.length]).buffer), ...part);
  };
  for (const value of values) {
    if (value === null) bytes.push(0);
    else if (typeof value === "number") bytes.push(1, ...new Uint8Array(new Float64Array([value]).buffer));
    else if (typeof value === "string") part(2, text.encode(value));
    else part(3, value);
  }
  return bytes;
}

// A view within a larger buffer, as of wasm's memory.
function view(bytes) {
  const memory = new Uint8Array(bytes.length + 21);
  memory.set(bytes, 13);
  return memory.subarray(13, 13 + bytes.length);
}

const counted = (number) => [...new Uint8Array(new Uint32Array([number]).buffer)];

// Storage whose statements return these rows.
function storage(rows, { names = [], rowsWritten = 0 } = {}) {
  const it = { asked: [], undone: 0 };
  const cursor = {
    raw: () => ({ toArray: () => rows }),
    rowsWritten,
    get columnNames() {
      it.namesAsked = true;
      return names;
    },
  };
  it.sql = {
    exec(sql, ...values) {
      if (rows instanceof Error) throw rows;
      it.asked.push([sql, ...values]);
      return cursor;
    },
  };
  it.transactionSync = (body) => {
    try {
      return body();
    } catch (error) {
      it.undone += 1;
      throw error;
    }
  };
  return it;
}

test("values come as they were", () => {
  define(0, "SELECT ?1");
  const values = [null, 0, -0.5, 2 ** 53, "", "5", "ä'🦀", new Uint8Array(), new Uint8Array([0, 255])];
  const it = storage([]);
  assert.equal(query(it, 0, view(written(...values))), undefined);
  assert.deepEqual(it.asked, [["SELECT ?1", ...values]]);
});

test("rows go as they were, however large they are", () => {
  define(0, "SELECT 1");
  const long = "ä🦀".repeat(3_000), large = new Uint8Array(3 << 20).fill(7);
  const row = [null, 1.5, "x", new Uint8Array([9]), "", new Uint8Array(), long, large];
  const rows = [row, [1, 2, 3, 4, 5, 6, 7, 8]];
  const raw = rows.map((row) => row.map((value) => value instanceof Uint8Array ? value.slice().buffer : value));
  const expected = [0, ...counted(8), ...written(...rows[0].slice(0, 7))];
  for (let time = 0; time < 2; time += 1) {
    const answer = query(storage(raw), 0, view([]));
    assert.deepEqual([...answer.subarray(0, expected.length)], expected);
    assert.equal(answer.length, expected.length + 5 + large.length + 8 * 9);
    assert.deepEqual([...answer.subarray(-9)], written(8));
    // Small ones after it, too.
    assert.deepEqual([...query(storage([["y"]]), 0, view([]))], [0, ...counted(1), ...written("y")]);
  }
});

test("an error is its text", () => {
  define(0, "SELECT 1");
  const answer = query(storage(new Error("no such table: ä")), 0, view([]));
  assert.deepEqual([...answer], [1, ...written("Error: no such table: ä")]);
  for (const alone of [false, true]) {
    assert.ok(run(storage(new Error("no")), 0, view([]), alone) < 0);
    assert.deepEqual([...told()], [1, ...written("Error: no")]);
  }
});

test("what returns no rows is not asked for any", () => {
  const asks = (sql) => {
    define(3, sql);
    const it = storage([["a"]], { names: ["n"], rowsWritten: 4 });
    assert.equal(run(it, 3, view([]), false), it.namesAsked ? -1 : 4, sql);
    return Boolean(it.namesAsked);
  };
  for (const sql of ["SELECT 1", "WITH a AS (SELECT 1) SELECT 1", "insert into t values (1) returning a", "EXPLAIN DELETE FROM t"]) {
    assert.ok(asks(sql), sql);
  }
  for (const sql of ["INSERT INTO t VALUES (1)", "update t set a = 1", " DELETE FROM t", "REPLACE INTO t VALUES (1)"]) {
    assert.ok(!asks(sql), sql);
  }
});

test("a statement of the user's says what it wrote, and alone it leaves nothing of that", () => {
  define(0, "SELECT a, b FROM t");
  const answer = [0, ...new Uint8Array(new Float64Array([2]).buffer), ...counted(2), ...written("a", "b", 1, 2)];
  for (const [alone, undone] of [[false, 0], [true, 1]]) {
    const it = storage([[1, 2]], { names: ["a", "b"], rowsWritten: 2 });
    assert.ok(run(it, 0, view([]), alone) < 0);
    assert.deepEqual([...told()], answer);
    assert.equal(it.undone, undone);
  }
});

test("a number may be given to another text", () => {
  define(5, "SELECT 1");
  define(5, "DELETE FROM t");
  const it = storage([[1]]);
  assert.equal(query(it, 5, view([])), undefined);
  assert.deepEqual(it.asked, [["DELETE FROM t"]]);
});
