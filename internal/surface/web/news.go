package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
)

// News waits for something to change.
type News interface {
	// Next gives a case's version once it is later than the one seen, or after a while the one seen; of "" a number that
	// grows with every change in the province.
	Next(ctx context.Context, p access.Principal, id string, seen int64) int64
}

// NewsPath ends the addresses that pages ask by themselves while somebody reads: asking there is no use of a session.
const NewsPath = "/news"

// newsBox is what a page shows when what it shows has changed: nothing moves before its reader asks for it.
type newsBox struct {
	Ask, Show   string // addresses: where it is asked, and of the page anew
	Text, Label string // Text is "" where the answer says it
}

// caseNews says to who may see a case that it has a later version than the one they read, as soon as it has: 200, or 204
// after a while. What changed stands on the page.
func (s *Server) caseNews(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	c, err := v.caseOf()
	if err != nil {
		return err
	}
	seen, _ := strconv.ParseInt(r.URL.Query().Get("seen"), 10, 64) // none has been seen
	version := c.Version
	if version <= seen && s.cfg.Desk.News != nil {
		version = s.cfg.Desk.News.Next(v.ctx, v.p, c.ID, seen)
	}
	return answerNews(w, version > seen, map[string]any{"version": version})
}

func answerNews(w http.ResponseWriter, some bool, what map[string]any) error {
	w.Header().Set("Cache-Control", "no-store")
	if !some {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(what)
}

// asks says whether the visitor's pages ask by themselves. An auditor's do not: each look of theirs is an entry of the
// journal.
func (v *visit) asks() bool { return v.s.cfg.Desk.News != nil && v.p.Role != "auditor" }

// newsOf is where a page asks whether its case has changed.
func (v *visit) newsOf(c *casework.View) *newsBox {
	if !v.asks() {
		return nil
	}
	page := "/cases/" + c.ID
	return &newsBox{Ask: page + NewsPath + "?seen=" + itoa(c.Version), Show: page, Text: v.T("desk.news"), Label: v.T("desk.news.show")}
}

const (
	newsMost  = 99              // changes that are counted
	newsNamed = 3 * newsMost    // things that an address names: a list names fewer
	newsPace  = 5 * time.Second // how often a waiting reader's list is looked through at most
	newsStay  = 25 * time.Second
	newsBack  = 24 * time.Hour // a page that is older counts the changes of a day
	newsSlack = 2 * time.Second
)

// versions are things of a list by id, each with the version that was seen. What is new in a list is what its reader may see
// now and has not seen so.
type versions map[string]int64

func (x versions) newer(now versions) (n int) {
	for id, version := range now {
		if seen, ok := x[id]; !ok || seen != version {
			n++
		}
	}
	return min(n, newsMost)
}

// later gives what of a list's question changed after an instant (µs), and of what stands in the list already (ids) what did,
// wherever it went. It asks in the visitor's name.
type later func(since int64, shown []string) (versions, error)

// listNews is where a list asks for what changed in it since it was drawn. What changed within the slack before is named with
// it too: clocks of nodes differ, and what was about to be written then has an earlier time.
func (v *visit) listNews(page, question string, shown versions, of later) (*newsBox, error) {
	if !v.asks() {
		return nil, nil
	}
	since := v.s.cfg.Clock.Now().Add(-newsSlack).UnixMicro()
	recent, err := of(since, nil)
	if err != nil {
		return nil, err
	}
	q, err := url.ParseQuery(question)
	if err != nil {
		return nil, err
	}
	q.Set("since", itoa(since))
	for _, some := range []versions{shown, recent} {
		for id, version := range some {
			q.Add("id", id+"."+itoa(version))
		}
	}
	show := page
	if question != "" {
		show += "?" + question
	}
	return &newsBox{Ask: page + NewsPath + "?" + q.Encode(), Show: show, Label: v.T("desk.news.list.show")}, nil
}

// tellsNews says how much has changed in a list, as soon as it is more than the page has heard: 200, or 204 after a while.
// Who says of no instant is told at once.
func (v *visit) tellsNews(w http.ResponseWriter, of later) error {
	q := v.r.URL.Query()
	since, _ := strconv.ParseInt(q.Get("since"), 10, 64) // no instant is said
	heard, _ := strconv.Atoi(q.Get("heard"))             // nothing has been
	seen, ids := versions{}, []string{}
	for _, pair := range q["id"][:min(len(q["id"]), newsNamed)] {
		id, version, _ := strings.Cut(pair, ".")
		seen[id], _ = strconv.ParseInt(version, 10, 64)
		ids = append(ids, id)
	}
	from := max(since, v.s.cfg.Clock.Now().Add(-newsBack).UnixMicro())
	stay, cancel := context.WithTimeout(v.ctx, newsStay)
	defer cancel()
	for at := int64(0); ; {
		if since != 0 && v.asks() { // what comes now is heard of by the next question
			if at = v.s.cfg.Desk.News.Next(stay, v.p, "", at); stay.Err() != nil {
				return answerNews(w, false, nil)
			}
		}
		now, err := of(from, ids)
		if err != nil {
			return err
		}
		n := seen.newer(now)
		if n > heard || since == 0 || !v.asks() {
			return answerNews(w, n > heard || since == 0, map[string]any{"changes": n, "text": v.T("desk.news.list", "n", n)})
		}
		select {
		case <-time.After(newsPace):
		case <-stay.Done():
			return answerNews(w, false, nil)
		}
	}
}

// laterCases is what changed of the queue's question.
func (v *visit) laterCases(q casework.Query) later {
	return func(since int64, shown []string) (versions, error) {
		q.After, q.Total, q.Sort, q.Since, q.Limit = "", false, "changed", since, newsMost
		ask := []casework.Query{q}
		if len(shown) > 0 {
			ask = append(ask, casework.Query{IDs: shown, Sort: "changed", Since: since, Limit: newsMost})
		}
		out := versions{}
		for _, q := range ask {
			page, err := v.s.cfg.Desk.Cases.List(v.ctx, v.who, q)
			if err != nil {
				return nil, err
			}
			for _, c := range page.Rows {
				out[c.ID] = c.Version
			}
		}
		return out, nil
	}
}

func shownCases(rows []casework.Row) versions {
	out := versions{}
	for _, c := range rows {
		out[c.ID] = c.Version
	}
	return out
}

func (s *Server) queueNews(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Cases == nil {
		return missing("cases")
	}
	defs, err := v.definitions()
	if err != nil {
		return err
	}
	a, err := v.queueAsk(r.URL.Query())
	if err != nil {
		return err
	}
	return v.tellsNews(w, v.laterCases(v.query(a, defs)))
}

// laterOwed is what changed of the obligations that wait for the visitor, by their cases.
func (v *visit) laterOwed(since int64, shown []string) (versions, error) {
	page, err := v.s.cfg.Desk.Obligations.OwedBy(v.ctx, v.who, casework.OwedFilter{Since: since}, "", newsMost)
	if err != nil {
		return nil, err
	}
	out := versions{}
	if len(shown) > 0 {
		if out, err = v.laterCases(casework.Query{IDs: shown})(since, nil); err != nil {
			return nil, err
		}
	}
	for _, x := range page.Rows {
		out[x.Case.ID] = x.Case.Version
	}
	return out, nil
}

func (s *Server) owedNews(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Obligations == nil || s.cfg.Desk.Cases == nil {
		return missing("obligations")
	}
	return v.tellsNews(w, v.laterOwed)
}

// laterInbox is what came into the visitor's inbox. An entry of the journal has one version.
func (v *visit) laterInbox(since int64, _ []string) (versions, error) {
	page, err := v.s.cfg.Desk.Inbox.InboxSince(v.ctx, v.p, since)
	if err != nil {
		return nil, err
	}
	out := versions{}
	for _, row := range page.Rows {
		out[row.Event.Entry] = 1
	}
	return out, nil
}

func (s *Server) inboxNews(w http.ResponseWriter, r *http.Request) error {
	v := s.visit(r)
	if s.cfg.Desk.Inbox == nil {
		return missing("inbox")
	}
	return v.tellsNews(w, v.laterInbox)
}
