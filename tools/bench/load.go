package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// phase is a load: so many arrivals a second, of which so large a part reads.
type phase struct {
	rate  int
	reads float64
}

// readPhases reads "1000:0.9,500:0".
func readPhases(s string) (out []phase, err error) {
	for part := range strings.SplitSeq(s, ",") {
		rate, reads, _ := strings.Cut(part, ":")
		ph := phase{}
		if ph.rate, err = strconv.Atoi(rate); err == nil {
			ph.reads, err = strconv.ParseFloat(reads, 64)
		}
		if err != nil || ph.rate < 1 || ph.reads < 0 || ph.reads > 1 {
			return nil, fmt.Errorf("-phases: %q is not arrivals a second:part that reads, such as 1000:0.9", part)
		}
		out = append(out, ph)
	}
	return out, nil
}

// arrival is when somebody wants something, whether or not the server has time.
type arrival struct {
	at   time.Time
	kind int
}

// arrivals draws what comes in a phase: at random moments, as people come who know nothing of one another.
func arrivals(ph phase, began time.Time, length time.Duration, rnd *rand.Rand) []arrival {
	out := make([]arrival, 0, int(float64(ph.rate)*length.Seconds()*1.1))
	for at := 0.0; ; {
		at += rnd.ExpFloat64() / float64(ph.rate)
		if at >= length.Seconds() {
			return out
		}
		kind := visitSubmit + rnd.IntN(visitKinds-visitSubmit)
		if rnd.Float64() < ph.reads {
			kind = rnd.IntN(visitSubmit)
		}
		out = append(out, arrival{began.Add(time.Duration(at * float64(time.Second))), kind})
	}
}

// visited is how a visit ended: when it should have begun, and how long after that its answer was there.
type visited struct {
	arrival
	took time.Duration
	err  error
}

// reading is what the server had used at a moment.
type reading struct {
	at time.Time
	usage
}

// loaded is what a phase came to.
type loaded struct {
	phase
	length   time.Duration
	visits   []visited
	readings []reading
	own      time.Duration // processor time of this program
	finished time.Duration // from the first arrival to the last answer
}

// load runs a phase: arrivals come when they come, and whoever of the clients is free takes the next. A visit's time counts
// from when it should have begun, so that a server that falls behind is charged for all who wait.
func load(ph phase, length time.Duration, all []*visitor, w *workload, p *product) (l loaded, err error) {
	l.phase, l.length = ph, length
	own := ownTime()
	began := time.Now().Add(100 * time.Millisecond)
	coming := arrivals(ph, began, length, rand.New(rand.NewPCG(1405, uint64(ph.rate)))) //nolint:gosec // the same load each time
	queue := make(chan arrival, len(coming))                                            // nobody is turned away
	go func() {
		defer close(queue)
		for _, a := range coming {
			time.Sleep(time.Until(a.at))
			queue <- a
		}
	}()
	done := make(chan []visited, len(all))
	for _, v := range all {
		go func() {
			var mine []visited
			for a := range queue {
				err := v.visit(a.kind, w, p)
				mine = append(mine, visited{a, time.Since(a.at), err})
			}
			done <- mine
		}()
	}
	stop, watched := make(chan struct{}), sync.WaitGroup{}
	watched.Go(func() { l.readings, err = watch(p, stop) })
	for range all {
		l.visits = append(l.visits, <-done...)
	}
	l.finished = time.Since(began)
	close(stop)
	watched.Wait()
	l.own = ownTime() - own
	return l, err
}

// watch reads what the server uses, every second.
func watch(p *product, stop <-chan struct{}) (out []reading, err error) {
	for {
		u, err := p.usage()
		if err != nil {
			return nil, err
		}
		out = append(out, reading{time.Now(), u})
		select {
		case <-stop:
			return out, nil
		case <-time.After(time.Second):
		}
	}
}

func ownTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// part gives the times of a phase's visits that are of these kinds, in order.
func (l *loaded) part(kinds ...int) (out []time.Duration) {
	for _, v := range l.visits {
		if v.err == nil && slices.Contains(kinds, v.kind) {
			out = append(out, v.took)
		}
	}
	slices.Sort(out)
	return out
}

// at gives the time that such a part of sorted times stays under.
func at(sorted []time.Duration, part float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(part*float64(len(sorted))))]
}

// failed gives how many visits failed, and one of the reasons.
func (l *loaded) failed() (n int, why string) {
	for _, v := range l.visits {
		if v.err != nil {
			n++
			why = v.err.Error()
		}
	}
	return n, why
}

// moment is a stretch of a phase.
type moment struct {
	done                int
	reads, acts         time.Duration // of 99 in 100
	cpu, beside, memory float64       // processors busy, MB
}

// course tells a phase in so many stretches.
func (l *loaded) course(stretches int) (out []moment) {
	if len(l.readings) < 2 {
		return nil
	}
	began := l.readings[0].at
	width := l.finished / time.Duration(stretches)
	for i := range stretches {
		from, to := began.Add(time.Duration(i)*width), began.Add(time.Duration(i+1)*width)
		within := func(t time.Time) bool { return !t.Before(from) && t.Before(to) }
		some := loaded{}
		for _, v := range l.visits {
			if within(v.at.Add(v.took)) {
				some.visits = append(some.visits, v)
			}
		}
		for _, r := range l.readings {
			if within(r.at) {
				some.readings = append(some.readings, r)
			}
		}
		m := moment{done: len(some.visits), reads: at(some.part(visitList, visitSearch, visitCase, visitDash), 0.99), acts: at(some.part(visitSubmit, visitMove), 0.99)}
		m.cpu, m.beside, m.memory = some.busy()
		out = append(out, m)
	}
	return out
}

// busy is how many processors the server and its database kept busy, and how much memory the server held at the end.
func (l *loaded) busy() (cpu, beside, memory float64) {
	if len(l.readings) < 2 {
		return 0, 0, 0
	}
	first, last := l.readings[0], l.readings[len(l.readings)-1]
	for _, r := range l.readings {
		memory = max(memory, float64(r.rss)/1e6)
	}
	span := last.at.Sub(first.at).Seconds()
	return (last.cpu - first.cpu).Seconds() / span, (last.beside - first.beside).Seconds() / span, memory
}

// flat compares the memory of a phase's second half: the least and the most, in MB.
func (l *loaded) flat() (least, most float64) {
	for _, r := range l.readings[len(l.readings)/2:] {
		mb := float64(r.rss) / 1e6
		if least == 0 || mb < least {
			least = mb
		}
		most = max(most, mb)
	}
	return least, most
}

// underLoad has many clients at once, at given rates.
func underLoad(o options) (err error) {
	phases, err := readPhases(o.phases)
	if err != nil {
		return err
	}
	if o.on == "postgres" {
		if ran, err := besidePostgres(); ran || err != nil {
			return err
		}
	}
	w, err := prepare(o)
	if err != nil {
		return err
	}
	p, end, err := startOn(w)
	if err != nil {
		return err
	}
	defer func() { end() }()
	all, err := visitors(p, o.clients)
	if err != nil {
		return err
	}
	b := &lineWriter{w: os.Stdout}
	b.line("%d clients on %s, %d units and %d cases, %s each", o.clients, o.on, len(p.units), len(p.cases), o.duration)
	for _, ph := range phases {
		l, err := load(ph, o.duration, all, w, p)
		if err != nil {
			return err
		}
		l.report(b, o.stretches)
	}
	return b.err
}

// startOn serves the loaded data on the database that was asked for.
func startOn(w *workload) (p *product, end func(), err error) {
	if w.on != "postgres" {
		if p, err = startProduct(w); err != nil {
			return nil, nil, err
		}
		return p, p.stop, nil
	}
	db, err := openPostgres()
	if err != nil {
		return nil, nil, err
	}
	at := placed{w.work + "/product-postgres", db.owned, db}
	if err := fill(w, at); err != nil {
		return nil, nil, err
	}
	if p, err = serveLoaded(w, at); err != nil {
		return nil, nil, err
	}
	return p, func() {
		p.stop()
		_ = db.admin.Close() // the server goes with it
	}, nil
}

func (l *loaded) report(b *lineWriter, stretches int) {
	reads, acts := l.part(visitList, visitSearch, visitCase, visitDash), l.part(visitSubmit, visitMove)
	n, why := l.failed()
	cpu, beside, _ := l.busy()
	least, most := l.flat()
	ms := func(d time.Duration) string { return strconv.FormatFloat(d.Seconds()*1000, 'f', 1, 64) }
	b.line("")
	b.line("| wanted a second | reads | done a second | reads: p50 ms | p99 | most | acts a second | acts: p50 ms | p99 | most | failed | server, processors | database | this program | memory, second half |")
	b.line("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
	b.line("| %d | %.0f %% | %.0f | %s | %s | %s | %.0f | %s | %s | %s | %d | %.2f | %.2f | %.2f | %.0f–%.0f MB |", l.rate, 100*l.reads, float64(len(l.visits)-n)/l.finished.Seconds(),
		ms(at(reads, 0.5)), ms(at(reads, 0.99)), ms(at(reads, 1)), float64(len(acts))/l.finished.Seconds(), ms(at(acts, 0.5)), ms(at(acts, 0.99)), ms(at(acts, 1)), n,
		cpu, beside, l.own.Seconds()/l.finished.Seconds(), least, most)
	var each []string
	for kind, name := range visitNames {
		if times := l.part(kind); len(times) > 0 {
			each = append(each, fmt.Sprintf("%s %s/%s", name, ms(at(times, 0.5)), ms(at(times, 0.99))))
		}
	}
	b.line("")
	b.line("p50/p99 in ms by kind: %s", strings.Join(each, ", "))
	if why != "" {
		b.line("one failure: %s", why)
	}
	b.line("")
	b.line("| until | done a second | reads p99 ms | acts p99 ms | server, processors | database | memory MB |")
	b.line("| --- | --- | --- | --- | --- | --- | --- |")
	width := l.finished / time.Duration(stretches)
	for i, m := range l.course(stretches) {
		b.line("| %s | %.0f | %s | %s | %.2f | %.2f | %.0f |", (time.Duration(i+1) * width).Round(time.Second), float64(m.done)/width.Seconds(), ms(m.reads), ms(m.acts), m.cpu, m.beside, m.memory)
	}
}

// progress tells whoever waits.
func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
