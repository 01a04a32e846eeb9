// Package control makes a test its own negative control. A law is written once, as a function of testing.TB; its test runs
// it on the product, and Finds runs the very same law where a fault was planted and demands that the law says so. It is for
// tests only.
package control

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// Finds runs a law where a fault was planted and fails t unless one of its reports contains the words: a law that fails
// for another reason has found nothing. A panic is a report too.
func Finds(t testing.TB, words string, law func(t testing.TB)) {
	t.Helper()
	FindsIn(t, 1, words, law)
}

// FindsIn is Finds for a fault that shows only where something is met at its moment, by a kill perhaps: the law has so many tries.
func FindsIn(t testing.TB, tries int, words string, law func(t testing.TB)) {
	t.Helper()
	var said []string
	for range tries {
		said = Reports(t, law)
		for _, s := range said {
			if strings.Contains(s, words) {
				return
			}
		}
	}
	t.Errorf("the planted fault was not found: want a report of %q, got %q", words, said)
}

// Reports gives what a law reports instead of failing t. The law's context, folders and cleanups are t's.
func Reports(t testing.TB, law func(t testing.TB)) []string {
	t.Helper()
	p := &probe{TB: t}
	done := make(chan struct{})
	go func() { // of its own, since a fatal report ends it
		defer close(done)
		defer func() {
			if r := recover(); r != nil {
				p.say(fmt.Sprint("panic: ", r))
			}
		}()
		law(p)
	}()
	<-done
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said
}

// probe is a testing.TB that keeps what is reported to itself.
type probe struct {
	testing.TB
	mu   sync.Mutex
	said []string
}

func (p *probe) say(s string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said = append(p.said, strings.TrimSpace(s))
}

// Error keeps a report.
func (p *probe) Error(args ...any) { p.say(fmt.Sprintln(args...)) }

// Errorf keeps a report.
func (p *probe) Errorf(format string, args ...any) { p.say(fmt.Sprintf(format, args...)) }

// Fatal keeps a report and ends the law.
func (p *probe) Fatal(args ...any) {
	p.Error(args...)
	runtime.Goexit()
}

// Fatalf keeps a report and ends the law.
func (p *probe) Fatalf(format string, args ...any) {
	p.Errorf(format, args...)
	runtime.Goexit()
}

// Fail keeps a report without words.
func (p *probe) Fail() { p.say("failed") }

// FailNow keeps a report without words and ends the law.
func (p *probe) FailNow() { p.Fatal("failed") }

// Failed says whether anything was reported.
func (p *probe) Failed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.said) > 0
}

// Log drops what a law tells beside its reports.
func (p *probe) Log(...any) {}

// Logf drops what a law tells beside its reports.
func (p *probe) Logf(string, ...any) {}

// Skip reports that the law did not run: a law that is skipped finds nothing.
func (p *probe) Skip(args ...any) { p.Fatal(args...) }

// Skipf reports that the law did not run.
func (p *probe) Skipf(format string, args ...any) { p.Fatalf(format, args...) }

// SkipNow reports that the law did not run.
func (p *probe) SkipNow() { p.Fatal("skipped") }
