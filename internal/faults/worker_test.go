package faults

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"rahgosha/internal/app"
	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/control"
	"rahgosha/internal/store"
	"rahgosha/internal/store/storetest"
	"rahgosha/internal/surface/jobs"
)

// leaseOver is longer than a worker has a message: each worker of these tests lives so much later than the one before, so
// that nobody waits.
const leaseOver = 2 * time.Minute

// work is a worker in a process of its own: it carries out what waits in the outbox of a data folder, and ends.
func work(args []string) error {
	ctx := context.Background()
	turn, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, app.Config{Data: args[0], Office: "office",
		Clock: clock.Ahead{Clock: clock.System{}, By: time.Duration(turn) * leaseOver}})
	if err != nil {
		return err
	}
	w, err := a.Outbox()
	if err != nil {
		return err
	}
	if _, err := a.Defs.Current(ctx, "referral"); err != nil { // or most would be killed while they compile it, with no letter in their hands
		return err
	}
	fmt.Println("at work")
	for {
		if n, err := w.Drain(ctx, jobs.Topics); err != nil || n == 0 {
			return err
		}
	}
}

// countDispatches makes the database write down each time a letter leaves.
var countDispatches = []string{"CREATE TABLE planted_effect (token TEXT)",
	`CREATE TRIGGER planted_count AFTER UPDATE OF dispatched ON letter WHEN NEW.dispatched <> 0 AND OLD.dispatched = 0
		BEGIN INSERT INTO planted_effect VALUES (NEW.token); END`}

// loseMarks loses each message's first mark that it is done, as a worker does that is killed right before it.
const loseMarks = "CREATE TRIGGER planted_marks BEFORE UPDATE OF state ON outbox WHEN OLD.attempts = 1 BEGIN SELECT RAISE(IGNORE); END"

// slowLetters has each letter take a while to leave, so that a worker is always killed with some in its hands, however fast it is.
const slowLetters = "CREATE TRIGGER planted_slow AFTER UPDATE OF dispatched ON letter BEGIN SELECT length(hex(randomblob(1500000))); END"

// waiting gives a data folder with so many letters in the outbox, which nobody has begun to carry out.
func waiting(t testing.TB, letters int, faults ...string) string {
	t.Helper()
	f := newField(t, storetest.SQLite, 1<<60, plants{})
	c := f.as("unit.ceo")
	defer c.CloseIdleConnections()
	for done := 0; done < letters; done += racers {
		for _, got := range at(t, min(racers, letters-done), func(int) (answer, error) {
			return c.post("/cases", app.NewID(), f.of.asked(fmt.Sprint(price), time.Now()))
		}) {
			if got.status != http.StatusCreated {
				t.Fatalf("%d %s", got.status, got.body)
			}
		}
	}
	plant(t, f.Data, append(append([]string{}, countDispatches...), faults...)...)
	return f.Data
}

// delivered is the law: whatever the workers are killed at, every message is carried out, and its effect is there once.
func delivered(t testing.TB, data string, kills int) {
	t.Helper()
	for turn := range kills {
		p := child(worker, data, strconv.Itoa(turn))
		says, err := p.StdoutPipe()
		must(t, errors.Join(err, p.Start()))
		_, err = bufio.NewReader(says).ReadString('\n')
		time.Sleep(time.Duration(20+rand.IntN(200)) * time.Millisecond)
		_ = p.Process.Kill()
		_ = p.Wait()
		must(t, err)
	}
	for turn := range 2 { // the second has what the first one's marks were lost of
		if out, err := child(worker, data, strconv.Itoa(kills+turn)).CombinedOutput(); err != nil {
			t.Fatalf("a worker: %v: %s", err, out)
		}
	}
	db, err := sql.Open("sqlite", filepath.Join(data, store.DatabaseFile))
	must(t, err)
	defer func() { must(t, db.Close()) }()
	count := func(query string) (n int) {
		must(t, db.QueryRowContext(context.Background(), query).Scan(&n))
		return n
	}
	if n := count("SELECT count(*) FROM outbox WHERE state <> 'done'"); n > 0 {
		t.Errorf("%d messages are not carried out", n)
	}
	if n := count("SELECT count(*) FROM letter WHERE direction = 'out' AND token NOT IN (SELECT token FROM planted_effect)"); n > 0 {
		t.Errorf("%d letters never left", n)
	}
	if n := count("SELECT count(*) FROM (SELECT 1 FROM planted_effect GROUP BY token HAVING count(*) > 1)"); n > 0 {
		t.Errorf("%d letters left more than once", n)
	}
	again := count("SELECT count(*) FROM outbox WHERE attempts > 1")
	if again == 0 {
		t.Error("no worker died with a message in its hands: the law was not tried")
	}
	t.Logf("%d kills, %d letters, %d messages came more than once", kills, count("SELECT count(*) FROM letter"), again)
}

func TestAKilledWorkerLosesNothingAndDoesNothingTwice(t *testing.T) {
	t.Parallel()
	delivered(t, waiting(t, long(120, 8000), loseMarks), long(8, 1000))
}

func TestTheKilledWorkersFindPlantedFaults(t *testing.T) {
	t.Parallel()
	for words, faults := range map[string][]string{
		"letters never left": {slowLetters, `CREATE TRIGGER planted AFTER UPDATE OF attempts ON outbox BEGIN UPDATE outbox SET state = 'done'
			WHERE entry = NEW.entry AND topic = NEW.topic AND n = NEW.n; END`}, // done as soon as somebody has it
		"left more than once": {loseMarks, `CREATE TRIGGER planted AFTER UPDATE OF dispatched ON letter BEGIN UPDATE letter SET dispatched = 0
			WHERE token = NEW.token; END`}, // nobody knows that it has left
	} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			data := waiting(t, 80, faults...) // more than three workers take that are killed before they have done anything
			control.Finds(t, words, func(t testing.TB) { delivered(t, data, 3) })
		})
	}
}
