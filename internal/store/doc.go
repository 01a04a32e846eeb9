// Package store keeps everything in SQL: one text for SQLite (a single machine) and PostgreSQL (several).
//
// Writing goes through Store.Write only. On SQLite one goroutine groups waiting commands into a transaction with a
// savepoint each, and numbers their journal entries in the same commit; on PostgreSQL each command is a transaction and a
// leased sequencer numbers entries within a second. Answers are given after COMMIT. Reading is a snapshot of its own.
//
// What the two databases do differently stands in sqlite.go and postgres.go; statements elsewhere run unchanged on both:
// $1 parameters, 64-bit integers for times and truth values, RETURNING, ON CONFLICT, row values, WITH.
package store
