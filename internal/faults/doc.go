// Package faults breaks the product on purpose and holds it to its promises: the server is killed under load, a thousand
// hands reach for one thing, the disk is full, the clock jumps, a worker dies with its work, bits of the file turn over,
// the power goes. It holds tests only; `make test` runs their short forms and `make soak` the long ones. docs/trust.md says
// what each has shown, by which command, and what it does not reach.
package faults
