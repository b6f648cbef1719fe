CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL COLLATE NOCASE UNIQUE, born INTEGER)

CREATE TABLE book (
    id INTEGER PRIMARY KEY,
    author INTEGER NOT NULL REFERENCES author (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    price REAL,
    tags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags)),
    cents INTEGER GENERATED ALWAYS AS (CAST(round(price * 100) AS INTEGER)) STORED,
    upper_title TEXT AS (upper(title)) VIRTUAL
)

CREATE INDEX book_author ON book (author, price DESC)

CREATE UNIQUE INDEX book_title ON book (lower(title)) WHERE price IS NOT NULL

INSERT INTO author (name, born) VALUES ('Ada', 1815), ('Grace', 1906), ('Edsger', 1930), ('Barbara', 1939)

INSERT INTO book (author, title, price, tags) VALUES
    (1, 'Notes', 10.5, '["math","engine"]'),
    (1, 'Letters', 7.25, '["life"]'),
    (2, 'Compilers', 20, '["code"]'),
    (3, 'Structured; not spaghetti', NULL, '[]'),
    (3, 'Go to "considered"', 3.333, '["code","harm"]')

SELECT * FROM author

SELECT id, title, price, cents, upper_title FROM book ORDER BY id

SELECT typeof(id), typeof(price), typeof(tags), typeof(cents) FROM book ORDER BY id LIMIT 1

SELECT name, count(book.id) AS books, sum(cents) AS cents FROM author LEFT JOIN book ON book.author = author.id GROUP BY author.id ORDER BY author.id

SELECT author.name, book.title FROM author, book WHERE book.author = author.id AND price > 5 ORDER BY title DESC

SELECT name FROM author WHERE name = 'ADA'

SELECT name FROM author WHERE name IN ('ada', 'GRACE') ORDER BY name

SELECT name FROM author WHERE born BETWEEN 1900 AND 1935 ORDER BY born

SELECT title FROM book WHERE title LIKE '%o%' ORDER BY title

SELECT title FROM book WHERE title GLOB '*[Ss]' ORDER BY title

SELECT title FROM book WHERE title LIKE '%\_%' ESCAPE '\'

SELECT DISTINCT author FROM book ORDER BY author

SELECT author, max(price) AS most, min(price) AS least, avg(price) AS mean, total(price) AS all_of_it FROM book GROUP BY author HAVING count(*) > 1 ORDER BY author

SELECT group_concat(name, '; ') AS names FROM (SELECT name FROM author ORDER BY name)

SELECT string_agg(name, '/' ORDER BY born DESC) AS names FROM author

SELECT count(*) FILTER (WHERE price > 8) AS dear, count(price) AS priced, count(*) AS n FROM book

SELECT title FROM book ORDER BY price NULLS LAST, title LIMIT 2 OFFSET 1

SELECT title FROM book ORDER BY price ASC NULLS FIRST LIMIT 1

SELECT a.name AS a, b.name AS b FROM author a JOIN author b ON a.id < b.id ORDER BY a.id, b.id

SELECT name FROM author WHERE EXISTS (SELECT 1 FROM book WHERE book.author = author.id AND price IS NULL)

SELECT name FROM author WHERE id NOT IN (SELECT author FROM book)

SELECT name, (SELECT title FROM book WHERE author = author.id ORDER BY id LIMIT 1) AS first FROM author ORDER BY id

SELECT a.id, b.id AS other FROM (SELECT 1 AS id UNION ALL SELECT 2) a FULL OUTER JOIN (SELECT 2 AS id UNION ALL SELECT 3) b USING (id) ORDER BY 1, 2

SELECT * FROM (VALUES (1, 'a'), (2, 'b')) ORDER BY 1 DESC

VALUES (1, 2), (3, 4)

SELECT 1 AS a UNION SELECT 1 UNION SELECT 2 ORDER BY a

SELECT 1 AS a UNION ALL SELECT 1 EXCEPT SELECT 2

SELECT author FROM book INTERSECT SELECT id FROM author ORDER BY 1

SELECT CASE WHEN born < 1900 THEN 'old' WHEN born < 1935 THEN 'mid' ELSE 'new' END AS age, count(*) AS n FROM author GROUP BY 1 ORDER BY 1

SELECT name FROM author WHERE (id, name) = (2, 'grace')

SELECT name FROM author WHERE born IS NOT NULL AND NOT born = 1906 ORDER BY 1

SELECT 7 / 2 AS i, 7 / 2.0 AS r, 7 % 3 AS m, -7 / 2 AS neg, 1 << 4 AS l, 255 >> 2 AS s, 6 & 3 AS a, 6 | 3 AS o, ~5 AS n

SELECT 1 / 0 AS a, 5 % 0 AS b, 1.0 / 0 AS c, NULL + 1 AS d, 0.1 + 0.2 AS e, 1e3 AS f

SELECT 9223372036854775807 + 1 > 0 AS overflows, abs(-5) AS a, sign(-3) AS s, round(2.5) AS r, round(-2.567, 2) AS q

SELECT CAST('12abc' AS INTEGER) AS i, CAST('1.5e1x' AS REAL) AS r, CAST(3.99 AS INTEGER) AS t, CAST(65 AS TEXT) AS s, CAST('é' AS BLOB) AS b

SELECT '10' = 10 AS a, '10' < 9 AS b, 10 < '9' AS c, x'61' = 'a' AS d, NULL IS NULL AS e, NULL = NULL AS f, 1 IS NOT 2 AS g

SELECT 'a' || 1 || NULL AS n, 'a' || 1 AS s, length('ä€🦀') AS l, octet_length('ä€🦀') AS o, length(x'0102') AS b

SELECT substr('abcdef', 2, 3) AS a, substr('abcdef', -2) AS b, substring('äöü', 2, 1) AS c, instr('banana', 'na') AS d, replace('banana', 'na', 'NA') AS e

SELECT upper('aä') AS u, lower('AÄ') AS l, trim('  a ') AS t, ltrim('xxa', 'x') AS lt, rtrim('axx', 'x') AS rt, hex('ä') AS h, unhex('616263') AS uh, quote('it''s') AS q, quote(x'0102') AS qb

SELECT coalesce(NULL, NULL, 3) AS c, ifnull(NULL, 'x') AS i, nullif(1, 1) AS n, iif(1 > 2, 'a', 'b') AS f, max(1, 3, 2) AS mx, min('b', 'a') AS mn

SELECT printf('%05d|%-5s|%.2f|%x|%%|%q', 42, 'ab', 1.005, 255, 'it''s') AS p, format('%,d', 1234567) AS f, char(65, 8364) AS c, unicode('€') AS u

SELECT typeof(1) AS i, typeof(1.0) AS r, typeof('1') AS t, typeof(x'01') AS b, typeof(NULL) AS n, typeof(zeroblob(3)) AS z, zeroblob(3) AS zb

SELECT likely(1) AS l, unlikely(0) AS u, concat('a', NULL, 1) AS c, concat_ws('-', 'a', NULL, 'b') AS cw

SELECT date('2026-02-28', '+1 day') AS a, date('2024-02-28', '+1 day') AS b, datetime('2026-11-26 13:40:00', '-1 month') AS c, time('23:59:59', '+1 second') AS d

SELECT strftime('%Y-%m-%dT%H:%M:%SZ', 0, 'unixepoch') AS e, unixepoch('2026-01-01') AS u, julianday('2000-01-01 12:00:00') AS j, strftime('%j %w %W %s', '2026-11-26') AS s

SELECT date('2026-11-26', 'start of month', '+1 month', '-1 day') AS a, date('2026-11-26', 'weekday 0') AS b, date('not a date') AS c, timediff('2026-11-26', '2025-01-01') AS t

SELECT datetime(1767225600, 'unixepoch') AS a, datetime(1767225600.5, 'unixepoch', 'subsec') AS b, date(2460000.5) AS c

SELECT json('{"a": [1, 2.5, "x", null, true]}') AS j, json_extract('{"a":{"b":[1,2]}}', '$.a.b[1]') AS e, '{"a":1}' -> '$.a' AS p, '{"a":"x"}' ->> 'a' AS t

SELECT json_array(1, 'a', NULL, json('{}')) AS a, json_object('k', 1, 'l', json('[2]')) AS o, json_type('[1]', '$[0]') AS t, json_valid('{') AS v, json_array_length('[1,2,3]') AS l

SELECT json_set('{"a":1}', '$.b', 2) AS s, json_insert('[1]', '$[#]', 2) AS i, json_replace('{"a":1}', '$.a', 9) AS r, json_remove('{"a":1,"b":2}', '$.a') AS d, json_patch('{"a":1}', '{"a":null,"c":3}') AS p, json_quote('x') AS q

SELECT book.id, tag.value AS tag FROM book, json_each(book.tags) AS tag ORDER BY book.id, tag.key

SELECT tag.value AS tag, count(*) AS n FROM book JOIN json_each(tags) tag GROUP BY 1 ORDER BY 2 DESC, 1

SELECT fullkey, type, atom FROM json_tree('{"a":[1,{"b":null}]}') ORDER BY id

SELECT json_group_array(name) AS a FROM (SELECT name FROM author ORDER BY id)

SELECT json_group_object(name, born) AS o FROM (SELECT * FROM author ORDER BY id)

SELECT typeof(jsonb('[1]')) AS t, json(jsonb('{"a":[1]}')) AS j

WITH cheap AS (SELECT * FROM book WHERE price < 8), named(n, t) AS MATERIALIZED (SELECT name, title FROM author JOIN cheap ON cheap.author = author.id) SELECT * FROM named ORDER BY t

WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i, i * i AS sq FROM n

WITH RECURSIVE fib(a, b) AS (VALUES (0, 1) UNION ALL SELECT b, a + b FROM fib WHERE b < 50) SELECT group_concat(a) AS fib FROM fib

WITH RECURSIVE tree(id, parent) AS (VALUES (1, NULL), (2, 1), (3, 1), (4, 2)), path(id, p) AS (SELECT id, '/' || id FROM tree WHERE parent IS NULL UNION ALL SELECT tree.id, p || '/' || tree.id FROM tree JOIN path ON tree.parent = path.id) SELECT * FROM path ORDER BY p

SELECT title, price, row_number() OVER (ORDER BY price DESC NULLS LAST) AS n, rank() OVER (ORDER BY author) AS r, dense_rank() OVER (ORDER BY author) AS d FROM book ORDER BY n

SELECT id, sum(cents) OVER (PARTITION BY author ORDER BY id) AS running, lag(title) OVER (ORDER BY id) AS before, lead(id, 2, -1) OVER (ORDER BY id) AS after FROM book ORDER BY id

SELECT id, avg(id) OVER w AS mean, first_value(id) OVER w AS f, last_value(id) OVER w AS l, nth_value(id, 2) OVER w AS n FROM book WINDOW w AS (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) ORDER BY id

SELECT id, ntile(2) OVER (ORDER BY id) AS t, percent_rank() OVER (ORDER BY id) AS p, cume_dist() OVER (ORDER BY id) AS c FROM book ORDER BY id

SELECT id, group_concat(id) OVER (ORDER BY id GROUPS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) AS g FROM book ORDER BY id

SELECT id, count(*) FILTER (WHERE price > 8) OVER (ORDER BY id RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS n FROM book ORDER BY id

UPDATE book SET price = price + 1 WHERE author = 1

SELECT id, price, cents FROM book WHERE author = 1 ORDER BY id

UPDATE book SET price = price * 2 FROM author WHERE author.id = book.author AND author.name = 'grace' RETURNING title, price, cents

UPDATE book SET (title, price) = (SELECT title || '!', 1.5) WHERE id = 4 RETURNING *

UPDATE OR IGNORE author SET name = 'ada' WHERE id = 2

UPDATE author SET name = 'ada' WHERE id = 2

INSERT INTO author VALUES (2, 'Again', NULL)

INSERT OR IGNORE INTO author VALUES (2, 'Again', NULL)

INSERT OR REPLACE INTO author VALUES (4, 'Barbara L', 1939)

REPLACE INTO author (id, name) VALUES (5, 'Margaret')

INSERT INTO author (name, born) VALUES ('ADA', 1816) ON CONFLICT (name) DO UPDATE SET born = excluded.born WHERE born < excluded.born RETURNING id, name, born

INSERT INTO author (name, born) VALUES ('ADA', 1) ON CONFLICT DO NOTHING RETURNING id

INSERT INTO author (name) VALUES ('Alan'), ('Alonzo') RETURNING id, name AS who, born IS NULL AS unknown

INSERT INTO author SELECT NULL, name || ' II', born + 30 FROM author WHERE born > 1910 ORDER BY id

INSERT INTO author DEFAULT VALUES

SELECT changes() >= 0 AS c, last_insert_rowid() AS r

SELECT id, name, born FROM author ORDER BY id

DELETE FROM author WHERE id > 5 RETURNING id

DELETE FROM author WHERE id = 3

SELECT count(*) AS n FROM book

INSERT INTO book (author, title) VALUES (99, 'Nobody''s')

INSERT INTO book (author, title, tags) VALUES (1, 'x', 'no json')

INSERT INTO book (author, title, price) VALUES (1, 'NOTES', 1)

INSERT INTO book (author, title, cents) VALUES (1, 'x', 1)

INSERT INTO book (author) VALUES (1)

CREATE TABLE log (n INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT, old, new)

CREATE TRIGGER book_price AFTER UPDATE OF price ON book WHEN old.price IS NOT new.price
BEGIN
    INSERT INTO log (what, old, new) VALUES ('price', old.price, new.price);
    UPDATE author SET born = CASE WHEN born IS NULL THEN 1 ELSE born END WHERE id = new.author;
END;

CREATE TRIGGER book_gone BEFORE DELETE ON book BEGIN SELECT RAISE(ABORT, 'books; stay') WHERE old.id = 1; END

CREATE TRIGGER book_new AFTER INSERT ON book BEGIN INSERT INTO log (what, new) VALUES ('new', new.title); END

UPDATE book SET price = 99 WHERE id IN (1, 2)

DELETE FROM book WHERE id = 1

DELETE FROM book WHERE id = 2

INSERT INTO book (id, author, title) VALUES (20, 2, 'Nanoseconds')

SELECT * FROM log ORDER BY n

DELETE FROM log

INSERT INTO log (what) VALUES ('again') RETURNING n

CREATE VIEW priced (name, title, price) AS SELECT name, title, price FROM author JOIN book ON book.author = author.id WHERE price IS NOT NULL

SELECT * FROM priced ORDER BY title

INSERT INTO priced VALUES ('a', 'b', 1)

CREATE TRIGGER priced_in INSTEAD OF INSERT ON priced BEGIN INSERT INTO book (author, title, price) SELECT id, new.title, new.price FROM author WHERE name = new.name; END

INSERT INTO priced VALUES ('grace', 'Views', 4)

SELECT title, price FROM priced WHERE name = 'Grace' ORDER BY title

DROP TRIGGER priced_in

DROP VIEW priced

ALTER TABLE log ADD COLUMN at TEXT DEFAULT '1970-01-01'

ALTER TABLE log RENAME COLUMN what TO kind

ALTER TABLE log RENAME TO journal

ALTER TABLE journal DROP COLUMN old

ALTER TABLE journal ADD COLUMN extra INTEGER NOT NULL DEFAULT 3

ALTER TABLE journal DROP COLUMN extra

SELECT * FROM journal

CREATE TABLE strict (id INTEGER PRIMARY KEY, name TEXT) STRICT

INSERT INTO strict VALUES (1, 'one'), (2, 'two')

ALTER TABLE strict ADD COLUMN note TEXT

ALTER TABLE strict ADD COLUMN size INTEGER NOT NULL DEFAULT 3 CHECK (size > 2)

ALTER TABLE strict ADD COLUMN too_small INTEGER DEFAULT 1 CHECK (too_small > 2)

ALTER TABLE strict ADD COLUMN no_number INTEGER DEFAULT 'x'

ALTER TABLE strict ADD COLUMN there INTEGER NOT NULL

ALTER TABLE strict ADD COLUMN twice INTEGER AS (size * 2)

ALTER TABLE journal ADD COLUMN checked INTEGER CHECK (checked > 2)

ALTER TABLE journal ADD COLUMN refused INTEGER DEFAULT 1 CHECK (refused > 2)

SELECT * FROM strict ORDER BY id

DROP TABLE strict

INSERT INTO book (id, author, title) VALUES (30, 2, 'After the renaming')

SELECT n, kind, new, at FROM journal ORDER BY n

SELECT sql FROM sqlite_schema WHERE name = 'journal'

SELECT type, name, tbl_name FROM sqlite_schema WHERE tbl_name IN ('book', 'journal') AND name NOT LIKE 'sqlite%' ORDER BY type, name

CREATE TABLE strict_one (a INTEGER, b TEXT, c REAL, d BLOB, e ANY) STRICT

INSERT INTO strict_one VALUES (1, 'a', 1, x'01', 'any'), (2.0, 2, 2, NULL, 2.5)

SELECT a, b, c, typeof(c) AS t, d, e, typeof(e) AS u FROM strict_one ORDER BY a

INSERT INTO strict_one (a) VALUES ('x')

INSERT INTO strict_one (d) VALUES ('text')

CREATE TABLE kv (k TEXT PRIMARY KEY, v INTEGER) WITHOUT ROWID

INSERT INTO kv VALUES ('b', 2), ('a', 1), ('B', 3)

SELECT * FROM kv

SELECT k FROM kv ORDER BY k COLLATE NOCASE, v

SELECT k FROM kv WHERE k = 'A' COLLATE NOCASE

INSERT INTO kv VALUES ('a', 5), ('c', 1) ON CONFLICT (k) DO UPDATE SET v = v + excluded.v RETURNING k, v

SELECT rowid FROM kv

CREATE TABLE affinity (i INTEGER, t TEXT, r REAL, n NUMERIC, b BLOB, x)

INSERT INTO affinity VALUES ('1', 1, '1', '1.0', 1, '1'), ('1.5', 1.5, 2, '1.5', 1.5, 1.5), ('x', x'78', 'x', x'78', 'x', x'78')

SELECT typeof(i) AS i, typeof(t) AS t, typeof(r) AS r, typeof(n) AS n, typeof(b) AS b, typeof(x) AS x FROM affinity

SELECT i, t, r, n, b, x FROM affinity

SELECT i = t AS it, t = x AS tx, i = x AS ix, r = n AS rn FROM affinity

CREATE TABLE numbers (n INTEGER PRIMARY KEY, r REAL)

INSERT INTO numbers VALUES (9007199254740991, 1e15), (-9007199254740991, -1.5e-10), (0, -0.0)

SELECT n, r FROM numbers ORDER BY n

INSERT INTO numbers VALUES ('abc', 1)

SELECT CAST(n AS TEXT) AS n FROM numbers WHERE n > 9007199254740990

SELECT sum(n) AS s, avg(r) AS a, sum(r) AS t FROM numbers WHERE n <> 0

CREATE TABLE parent (a, b, PRIMARY KEY (a, b))

CREATE TABLE child (a, b, FOREIGN KEY (a, b) REFERENCES parent ON UPDATE CASCADE ON DELETE SET NULL)

INSERT INTO parent VALUES (1, 1), (1, 2)

INSERT INTO child VALUES (1, 1), (1, 2), (NULL, 7)

UPDATE parent SET b = 9 WHERE b = 1

DELETE FROM parent WHERE b = 2

SELECT a, b FROM child ORDER BY rowid

INSERT INTO child VALUES (5, 5)

DROP TABLE parent

DROP TABLE child

CREATE TABLE copied AS SELECT id, title, price AS p FROM book WHERE price IS NOT NULL ORDER BY id

SELECT * FROM copied ORDER BY id

SELECT sql FROM sqlite_schema WHERE name = 'copied'

DELETE FROM copied WHERE id IN (SELECT id FROM copied ORDER BY id LIMIT 1)

SELECT count(*) AS n FROM copied

DROP TABLE IF EXISTS copied

DROP TABLE copied

CREATE TABLE IF NOT EXISTS book (a)

CREATE TABLE book (a)

CREATE VIRTUAL TABLE doc USING fts5(title, body, tokenize = 'porter')

INSERT INTO doc (rowid, title, body) VALUES (1, 'Running', 'the runner runs'), (2, 'Walking', 'a walk in the park'), (3, 'Both', 'running and walking')

SELECT rowid, title FROM doc WHERE doc MATCH 'run' ORDER BY rowid

SELECT rowid, highlight(doc, 1, '[', ']') AS h FROM doc('walk') ORDER BY rowid

SELECT rowid, snippet(doc, 1, '<', '>', '…', 2) AS s FROM doc WHERE body MATCH 'park'

SELECT rowid FROM doc WHERE doc MATCH 'title : both OR park' ORDER BY rank, rowid

UPDATE doc SET body = 'swimming' WHERE rowid = 2

DELETE FROM doc WHERE rowid = 3

INSERT INTO doc (doc) VALUES ('optimize')

SELECT rowid, body FROM doc WHERE doc MATCH 'swim NOT run'

SELECT rowid FROM doc WHERE doc MATCH 'AND ('

CREATE VIRTUAL TABLE terms USING fts5vocab('doc', 'row')

SELECT term, doc, cnt FROM terms ORDER BY term LIMIT 3

DROP TABLE terms

DROP TABLE doc

CREATE VIRTUAL TABLE box USING rtree(id, x0, x1)

INSERT INTO box VALUES (1, 0, 10), (2, 5, 15), (3, 20, 30)

SELECT id, x0, x1 FROM box WHERE x1 >= 8 AND x0 <= 12 ORDER BY id

DROP TABLE box

EXPLAIN QUERY PLAN SELECT * FROM book WHERE author = 1

SELECT "no_such_column" FROM author

SELECT no_such_column FROM author

SELECT * FROM no_such_table

SELECT no_such_function(1)

SELECT abs('x', 1)

SELECT 1 +

SELECT sum(sum(1))

SELECT abs(-9223372036854775807 - 1)

SELECT json_extract('{', '$.a')

SELECT * FROM author JOIN book USING (nothing)

INSERT INTO author (id, name) VALUES (1)

SELECT name FROM author ORDER BY 7

SELECT (SELECT 1, 2)

SELECT sqlite_version() IS NULL

SELECT load_extension('x')

SELECT /* comment ; with ' and " */ 1 AS a -- and ; this

SELECT "a b" AS [c d], `a b` AS "e""f" FROM (SELECT 1 AS "a b")

SELECT 0x1F AS h, 1_000 AS sep, .5 AS half, 5. AS five, x'CAFE' AS cafe

SELECT TRUE AS t, FALSE AS f, TRUE IS 1 AS i, 2 IS TRUE AS j, NOT 0 AS n

SELECT count(*) AS n, max(id) AS m FROM author WHERE 0

SELECT CAST(x'61FF62' AS TEXT) AS lossy, 'a' || char(0) || 'b' AS nul, length('a' || char(0) || 'b') AS l

SELECT 1 AS a, 2 AS a, 3 AS "", 4 AS [ ]

SELECT * FROM kv JOIN journal ON kv.v = journal.n ORDER BY k, n

CREATE TRIGGER kv_up AFTER INSERT ON kv BEGIN UPDATE kv SET v = v * 10 WHERE k = new.k; END

INSERT INTO kv VALUES ('z', 4) RETURNING k, v, v + 1 AS more

SELECT v FROM kv WHERE k = 'z'

DELETE FROM kv WHERE k = 'z' RETURNING *

WITH gone AS (SELECT k FROM kv WHERE v > 2) DELETE FROM kv WHERE k IN (SELECT k FROM gone) RETURNING k

UPDATE kv SET v = -v

SELECT k, v FROM kv ORDER BY v, k
