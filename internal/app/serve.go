package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"rahgosha/guides"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/base/memory"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/surface/api"
	"rahgosha/internal/surface/health"
	"rahgosha/internal/surface/httpkit"
	"rahgosha/internal/surface/openlog"
	"rahgosha/internal/surface/scan"
	"rahgosha/internal/surface/web"
)

// Handler makes the whole HTTP surface: pages, API, health and metrics behind one kit.
func (a *App) Handler() (http.Handler, []httpkit.Route, error) {
	kit := &httpkit.Kit{Log: a.Log, Clock: a.Clock, HTTPS: a.HTTPS, Proxies: a.Proxies, Guard: a.guarded}
	kit.Enrich, kit.StepUp = a.enrich(kit), a.stepUp(kit)
	if err := a.limit(kit); err != nil {
		return nil, nil, err
	}
	claimants, given := httpkit.ClaimThrottle(a.Clock), newDossiers(a)
	pages, err := web.New(web.Config{
		Clock: a.Clock, Log: a.Log, Kit: kit, Veil: a.veil, Sample: a.Sample, LongExport: a.Long, Manuals: manuals{a}, Verifier: verifier{a}, Sessions: webSessions{a}, Registrar: a.Party, Claimants: claimants,
		Guides: guides.Files,
		After:  a.landing,
		Desk: web.Desk{
			Cases: a.Engine, News: a.news, Tallies: a.Engine, Obligations: a.Engine, Definitions: a.Defs, Calendars: a.Cals.All, Names: names{a}, Items: items{a}, Offers: offers{a},
			Units: units{a}, Letters: letters{a, scan.NewReader()}, Audit: audit{a}, Switcher: switcher{a}, Files: files{a}, Accounts: accounts{a}, Passkeys: passkeys{a}, Providers: a.offering(), Importer: newImporter(a), Reviews: a.Registry, Referrals: a.Referral,
			Staff: a.Party, StaffActs: a.Party, Delegations: a.Party, Workdays: workdays{a}, Claims: a.Registry, ClaimActs: a.Registry, Publishing: publishing{a}, Officers: a.Party, Counter: a.Party, Exports: exports{a}, Inbox: newInboxes(a), Views: a.Engine, Seals: seals{a}, Containers: containers{a}, Dossiers: given, Personal: a.Privacy, FindPerson: a.findPerson, Paces: a, Sittings: sittings{a}, Trade: tradePages{a}, Services: servicePages{a}, Goods: tradePages{a}, Markets: tradePages{a}, Choices: tradePages{a}, Briefs: a.Engine, Work: a.work,
		},
	})
	if err != nil {
		return nil, nil, err
	}
	machine, err := api.New(api.Config{
		Kit: kit, Clock: a.Clock, Cases: a.Engine, Sessions: a.Party, Procedures: procedureList{a}, Units: units{a}, Pictures: pictures{a},
		Journal: journalProofs{a}, Claims: a.Registry, ClaimActs: a.Registry, Claimants: claimants, Files: files{a}, Names: names{a}, Choices: items{a}, Containers: containers{a}, Dossiers: given, Personal: a.Privacy, Trade: tradePages{a}, Services: servicePages{a}, FindPerson: a.findPerson, Version: Version,
	})
	if err != nil {
		return nil, nil, err
	}
	operations, err := health.New(health.Config{Clock: a.Clock, Source: vitals{a}, Version: Version})
	if err != nil {
		return nil, nil, err
	}
	public, err := openlog.New(openlog.Config{Clock: a.Clock, Log: openLog{a}})
	if err != nil {
		return nil, nil, err
	}
	kit.Observe = operations.Observe
	routes := slices.Concat(pages.Routes(), machine.Routes(), operations.Routes(), public.Routes())
	mux := http.NewServeMux()
	if err := kit.Register(mux, routes); err != nil {
		return nil, nil, err
	}
	return kit.Wrap(kit.Mux(mux)), routes, nil
}

// limit bounds what one caller may ask of this node, where the settings say so.
func (a *App) limit(kit *httpkit.Kit) (err error) {
	var table []byte
	switch a.Limits {
	case "", "off":
		return nil
	case "default":
	default:
		if table, err = os.ReadFile(a.Limits); err != nil {
			return fault.Wrap(err, fault.Invalid, "app.limits", "file", a.Limits).At("--limits")
		}
	}
	kit.Limits, err = httpkit.NewLimits(a.Clock, table)
	return err
}

// work runs something beside the requests; closing the product ends it and waits for it.
func (a *App) work(do func(context.Context)) { a.working.Go(func() { do(a.background) }) }

// landing is a person's first page: who holds no post yet begins by claiming one, and who is to have a second factor and has
// none by setting one up.
func (a *App) landing(ctx context.Context, token string) string {
	who, err := a.Party.Resolve(ctx, token)
	switch {
	case err == nil && who.Role == access.Public:
		return "/claims"
	case err == nil && who.MustSecond && !who.Second:
		return "/account"
	}
	return "/desk"
}

// Times of the HTTP server: slow clients are cut, long exports are not.
const (
	headerTime = 10 * time.Second
	bodyTime   = 2 * time.Minute
	idleTime   = 2 * time.Minute
	stopTime   = 10 * time.Second
)

// The collector lets garbage gather up to a share of the memory in use. heapFloor is counted as in use, though nobody touches
// it and so nothing of it is held: what is really in use is small, and would else be walked through many times a second.
// The share is half, so that an import, which uses more for a while, does not let as much more gather. Of the heap the first
// largeHeap bytes are wished on large pages.
const (
	heapFloor    = 40 << 20
	garbageShare = 50
	largeHeap    = 96 << 20
)

// Serve listens and serves until ctx ends, with the jobs beside it. It prints the address it listens on.
func (a *App) Serve(ctx context.Context, listen string, out io.Writer) error {
	floor := make([]byte, heapFloor)
	defer runtime.KeepAlive(floor)
	memory.Large(make([]byte, largeHeap))
	runtime.GC()
	if os.Getenv("GOGC") == "" { // whoever sets it knows better
		debug.SetGCPercent(garbageShare)
	}
	handler, _, err := a.Handler()
	if err != nil {
		return err
	}
	ln, err := a.open(ctx, listen)
	if err != nil {
		return err
	}
	defer ln.close()
	serving, stopServing := context.WithCancel(ctx)
	defer stopServing()
	jobs, stopJobs := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() {
		err := a.runJobs(jobs)
		if err != nil {
			stopServing()
		}
		done <- err
	}()
	a.work(a.pace.ahead)
	defer context.AfterFunc(serving, a.news.stop)()
	err = answer(serving, ln, handler, out)
	stopJobs()
	return errors.Join(err, <-done)
}

// answer serves until ctx ends, and then what was begun. It prints the address it listens on.
func answer(ctx context.Context, f front, h http.Handler, out io.Writer) error {
	servers := []*http.Server{server(f, h)}
	failed := make(chan error, 2)
	if f.onward != nil {
		servers = append(servers, server(f, onwards(f.base)))
		go func() { failed <- servers[1].Serve(f.onward) }()
	}
	_, err := fmt.Fprintf(out, "listening on %s://%s\n", f.scheme, f.main.Addr())
	if err != nil {
		return errors.Join(err, f.main.Close())
	}
	go func() { failed <- servers[0].Serve(f.main) }()
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	err = ignoreClosed(err)
	for _, srv := range servers {
		err = errors.Join(err, srv.Shutdown(stop))
	}
	return err
}

func server(f front, h http.Handler) *http.Server {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, IdleTimeout: idleTime, MaxHeaderBytes: 64 << 10}
	if f.log != nil { // who does not finish the handshake
		srv.ErrorLog = slog.NewLogLogger(f.log.Handler(), slog.LevelInfo)
	}
	return srv
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
