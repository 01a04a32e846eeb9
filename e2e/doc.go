// Package e2e holds the tests that use the built product in a browser, as its people would.
package e2e
