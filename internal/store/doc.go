// Package store keeps everything in SQL: one text for SQLite (a single machine) and PostgreSQL (several).
//
// Writing goes through Store.Write (and Store.WriteBeside) only. On SQLite one goroutine groups waiting commands into a
// transaction and numbers their journal entries in the same commit; on PostgreSQL each command is a transaction and a
// leased sequencer numbers entries within a second. Answers are given after COMMIT. Reading is a snapshot of its own.
//
// A group on SQLite runs first without savepoints, and those of its commands that hold what they read (WriteBeside: all of
// casework's) run at once, statement by statement on the one connection, as PostgreSQL runs all commands: half of an act is
// deciding, sealing and JSON. When a command fails after it had written, or a statement fails, the whole group is undone
// and runs again, one after another with a savepoint each, so that a failing command fails alone and nobody's answer rests
// on what did not stay. A second connection brings the log's pages to their places meanwhile (wal.go).
//
// What the two databases do differently stands in sqlite.go and postgres.go; statements elsewhere run unchanged on both:
// $1 parameters, 64-bit integers for times and truth values, RETURNING, ON CONFLICT, row values, WITH.
package store
