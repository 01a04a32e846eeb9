package faults

import (
	"fmt"
	"os"
	"testing"

	"rahgosha/internal/app"
	"rahgosha/internal/store/storetest"
)

var template = storetest.Template("faults")

// childEnv makes the test's own program run as something else: the product as it is built, or with a fault planted in it.
// So what is killed is always of the same source as the test.
const childEnv = "RAHGOSHA_FAULTS_CHILD"

const (
	product = "product"
	eager   = "eager"  // answers before COMMIT
	worker  = "worker" // carries out the outbox, and nothing else
	tardy   = "tardy"  // copies what is committed once a minute
	torn    = "torn"   // backs up and restores in place
)

func TestMain(m *testing.M) {
	_ = os.Setenv("RAHGOSHA_MUST_SECOND", "none")
	_ = os.Setenv("RAHGOSHA_LIMITS", "off") // a few people send what a province does; it fails on no name that is written here
	limitPages()
	loosenSync()
	switch os.Getenv(childEnv) {
	case "":
		code := template.Run(m)
		prepared.remove()
		os.Exit(code)
	case product:
		os.Exit(app.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	case ahead:
		end(serveAhead(os.Args[1:]))
	case rereading:
		end(serveRereading(os.Args[1:]))
	case eager:
		end(serveEagerly(os.Args[1:]))
	case worker:
		end(work(os.Args[1:]))
	case tardy:
		end(serveTardily(os.Args[1:]))
	case torn:
		end(workTorn(os.Args[1:]))
	}
}

// Nodes of several.
const (
	rereading = "rereading" // answers a known key without writing
	ahead     = "ahead"     // lives at a later time
)

func end(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// soaking says that the long forms are wanted.
var soaking = os.Getenv("RAHGOSHA_SOAK") != ""

// long is how much of something a test does: the short form, or the one of `make soak`.
func long(short, soak int) int {
	if soaking {
		return soak
	}
	return short
}
