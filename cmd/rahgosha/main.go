// Command rahgosha serves support programmes as procedures, cases and a journal. See README.md.
package main

import (
	"os"

	"rahgosha/internal/app"
)

func main() { os.Exit(app.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
