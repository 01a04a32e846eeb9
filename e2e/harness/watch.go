package harness

import (
	"fmt"
	"net/url"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// Weight is what a page's visit cost on the wire, in bytes as they were sent (compressed, with headers). What the
// browser had in its cache costs nothing.
type Weight struct {
	Total, Document, Script, Style, Font, Other int
	Requests                                    int
}

// watch listens to one tab. Its handler runs inside the browser's reading loop, so it only notes.
type watch struct {
	mu       sync.Mutex
	host     string
	at       string
	kinds    map[network.RequestID]network.ResourceType
	weight   Weight
	problems []string
}

func newWatch(base string) *watch {
	w := &watch{kinds: map[network.RequestID]network.ResourceType{}}
	if u, err := url.Parse(base); err == nil {
		w.host = u.Host
	}
	return w
}

// begin starts counting a new visit; problems are kept, because a test asks for them at its end.
func (w *watch) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.weight = Weight{}
}

func (w *watch) where() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.at == "" {
		return "an empty page"
	}
	return w.at
}

func (w *watch) event(ev any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := ev.(type) {
	case *network.EventRequestWillBeSent:
		w.sent(e)
	case *network.EventResponseReceived:
		w.kinds[e.RequestID] = e.Type
	case *network.EventLoadingFinished:
		w.finished(e)
	case *log.EventEntryAdded:
		if e.Entry != nil && e.Entry.Level == log.EntryLevelError {
			w.problem("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		if e.ExceptionDetails != nil {
			w.problem("exception: %s", e.ExceptionDetails.Text)
		}
	case *runtime.EventBindingCalled:
		if e.Name == sings {
			w.problem("%s", e.Payload)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" {
			w.problem("console.error")
		}
	}
}

func (w *watch) problem(format string, args ...any) {
	w.problems = append(w.problems, w.at+": "+fmt.Sprintf(format, args...))
}

func (w *watch) sent(e *network.EventRequestWillBeSent) {
	if e.Request == nil {
		return
	}
	u, err := url.Parse(e.Request.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return
	}
	if e.Type == network.ResourceTypeDocument {
		w.at = u.Path
	}
	if u.Host != w.host {
		w.problem("a request went outside: %s", e.Request.URL)
	}
}

func (w *watch) finished(e *network.EventLoadingFinished) {
	n := int(e.EncodedDataLength)
	if n == 0 {
		return // from the cache
	}
	w.weight.Requests++
	w.weight.Total += n
	switch w.kinds[e.RequestID] {
	case network.ResourceTypeDocument:
		w.weight.Document += n
	case network.ResourceTypeScript:
		w.weight.Script += n
	case network.ResourceTypeStylesheet:
		w.weight.Style += n
	case network.ResourceTypeFont:
		w.weight.Font += n
	default:
		w.weight.Other += n
	}
}

// Weight is the cost of the visit since the last Open or Follow.
func (p *Page) Weight() Weight {
	p.t.Helper()
	// Fonts and deferred scripts may still be on their way when the load event fires.
	Eval[bool](p, "document.fonts.ready.then(() => true)")
	p.watch.mu.Lock()
	defer p.watch.mu.Unlock()
	return p.watch.weight
}

// Problems lists what the browser complained of since the tab was opened: refusals of the content security policy,
// failed loads, script errors, and requests to any host but the product's.
func (p *Page) Problems() []string {
	p.watch.mu.Lock()
	defer p.watch.mu.Unlock()
	return append([]string(nil), p.watch.problems...)
}
