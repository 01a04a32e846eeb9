// Package app puts Rahgosha together: it opens the store, gives each package the small transaction it asks for, wires the
// surfaces, and registers the commands that need data. Nothing imports it but the programs in cmd.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"rahgosha/internal/app/provider"
	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
	"rahgosha/internal/kernel/casework"
	"rahgosha/internal/kernel/document"
	"rahgosha/internal/kernel/journal"
	"rahgosha/internal/kernel/party"
	"rahgosha/internal/kernel/privacy"
	"rahgosha/internal/kernel/registry"
	"rahgosha/internal/programme/referral"
	"rahgosha/internal/programme/services"
	"rahgosha/internal/programme/trade"
	"rahgosha/internal/store"
	"rahgosha/internal/surface/api"
	"rahgosha/internal/surface/httpkit"
)

// Version is set by the linker.
var Version = "dev"

// Config says where the data are and how to serve. Its zero value needs Data or Database.
type Config struct {
	Data     string // folder of the database (SQLite), the root key and the documents
	RootKey  string // file or pipe of a root key that lies elsewhere; "" is the one in Data
	Database string // URL of a PostgreSQL database, which then holds documents too; the root key still lies in Data, or where RootKey says
	// PlainDatabase lets a database on another machine be spoken to without TLS that knows it.
	PlainDatabase bool
	Province      string // id of the province served; "" is DefaultProvince
	Office        string // the sender's name on letters
	Clock         clock.Clock
	Log           *slog.Logger
	Sample        bool // label every page as sample data
	HTTPS         bool
	TLS           TLS             // how the server speaks it itself
	Proxies       httpkit.Proxies // stand before the server and are believed when they say whom they speak for
	Long          int64           // from how many cases a list for Excel is gathered beside the request; 0 is what package web holds
	BaseURL       string          // of the public verification page, printed on letters: https://host
	Fast          bool            // cheap password hashes: tests only
	// Limits says how much one caller may read, search and do: "" or off is without end, default the table of package httpkit,
	// else a file with another one.
	Limits string
	// StepUp is how long a second factor counts as shown lately before decisions and exports; zero is a quarter of an hour.
	StepUp time.Duration
	// MustSecond are the roles that decide and export only with a second factor.
	MustSecond []string
	// Scanner is the address of a virus scanner, unix:/path or tcp:host:port, that judges what people give; "" judges nothing.
	Scanner string
	// BackupTo is a folder that follows the database and its documents, for BackupKeep back; BackupEvery is how often what is
	// new is copied, of which zero is the store's own.
	BackupTo                string
	BackupKeep, BackupEvery time.Duration
	// ExpandOnly leaves migrations for later that nodes of an older version would not survive.
	ExpandOnly bool
	// AsIs leaves the data as they are: nothing is made or migrated, and what is not of this version is refused.
	AsIs bool
	// There wants the data where they are said to be: who only reads them must not be shown an empty province instead.
	There bool
	// Bend changes how the store is opened: tests only.
	Bend func(*store.Config)
}

// DefaultProvince is the province of a fresh installation.
const DefaultProvince = "alborz"

// App is the open product.
type App struct {
	Config
	Store    *store.Store
	Root     *journal.Root
	Defs     *Definitions
	Cals     *Calendars
	Engine   *casework.Engine
	Party    *party.Service
	Registry *registry.Service
	Document *document.Service
	Referral *referral.Service
	Trade    *trade.Service
	Services *services.Service
	Privacy  *privacy.Service

	background context.Context //nolint:containedctx // of work that outlives its request; ends with the product
	stop       context.CancelFunc
	working    sync.WaitGroup
	judge      func(context.Context, []byte) error // of what people give; nil without a scanner
	veil       *httpkit.Veil
	news       *news
	pace       *paces
	witnesses  []Witness
	told       sync.Map // keys of the log that witnesses know of, by their names
	courier    *courier
	scrub      func(context.Context) error // takes what was deleted out of the files
	against    string                      // the continuous backup that rows are compared with; "" without one

	pretend   func(*http.Request, access.Principal) access.Principal // tests: who the product takes somebody for
	providers []*provider.Provider
}

// InTx gives a package the small transaction it asks for: T is an interface that *store.Tx satisfies.
func InTx[T any](run func(context.Context, func(context.Context, *store.Tx) error) error) func(context.Context, func(context.Context, T) error) error {
	return func(ctx context.Context, fn func(context.Context, T) error) error {
		return run(ctx, func(ctx context.Context, tx *store.Tx) error {
			t, ok := any(tx).(T)
			if !ok {
				return fault.New(fault.Internal, "app.transaction")
			}
			return afterRollback(fn(ctx, t))
		})
	}
}

// afterRollback turns the engine's refusal into the store's: both say what is recorded once the command is rolled back.
func afterRollback(err error) error {
	var ref *casework.Refusal
	if !errors.As(err, &ref) {
		return err
	}
	return &store.AfterRollback{Err: ref.Fault, Do: func(ctx context.Context, tx *store.Tx) error { return ref.Record(ctx, tx) }}
}

// Open opens everything and brings the schema and the rows of cases up to date, or leaves all as it is (Config.AsIs).
func Open(ctx context.Context, cfg Config) (*App, error) {
	cfg = cfg.withDefaults()
	if cfg.Data == "" {
		return nil, fault.New(fault.Invalid, "app.data_needed")
	}
	if err := cfg.folder(); err != nil {
		return nil, err
	}
	root, err := cfg.root()
	if err != nil {
		return nil, err
	}
	ship, courier, err := cfg.ship(root)
	if err != nil {
		return nil, err
	}
	opening := store.Config{Path: cfg.Data, URL: cfg.Database, PlainURL: cfg.PlainDatabase, Root: root, Clock: cfg.Clock, Log: cfg.Log, Ship: ship, ExpandOnly: cfg.ExpandOnly}
	if cfg.Bend != nil {
		cfg.Bend(&opening)
	}
	st, err := store.Open(ctx, opening)
	if err != nil {
		return nil, err
	}
	if err := cfg.schema(ctx, st); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	a := &App{Config: cfg, Store: st, Root: root, courier: courier, scrub: st.Scrub}
	a.background, a.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := a.wire(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	if err := errors.Join(a.project(ctx), a.eraseAgain(ctx)); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// folder makes the folder of the data, or wants it there with its root key.
func (c Config) folder() error {
	keys := filepath.Join(c.Data, "keys")
	if c.AsIs || c.There {
		there := c.rootPath()
		if c.RootKey != "" {
			there = c.Data
		}
		if _, err := os.Stat(there); err != nil {
			return fault.Wrap(err, fault.Invalid, "app.no_data", "dir", c.Data).At("data")
		}
		return nil
	}
	if err := os.MkdirAll(keys, 0o700); err != nil {
		return fault.Wrap(err, fault.Invalid, "app.data_folder", "folder", c.Data)
	}
	return nil
}

// schema brings the schema up to date, or wants it so.
func (c Config) schema(ctx context.Context, st *store.Store) error {
	if !c.AsIs {
		return st.Migrate(ctx)
	}
	current, err := st.Current(ctx)
	if f, ok := fault.As(err); ok && f.Key == "store.torn" {
		return err
	}
	if err != nil || !current {
		return fault.Wrap(err, fault.Invalid, "app.schema_old", "dir", c.Data).At("data")
	}
	return nil
}

func (c Config) withDefaults() Config {
	if c.Province == "" {
		c.Province = DefaultProvince
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// wire makes the services on the open store.
func (a *App) wire(ctx context.Context) error {
	a.Defs = newDefinitions(a.Store, a.Clock, a.Province)
	a.Cals, a.pace, a.news = newCalendars(a.Store), newPaces(a), newNews(a)
	a.Engine = &casework.Engine{
		Write: InTx[casework.Tx](a.Store.WriteBeside), Read: InTx[casework.Reader](a.Store.Read), Defs: a.Defs,
		Calendars: a.Cals.All, Clock: a.Clock, NewID: a.newID, NewToken: NewID, Office: a.Office, Dress: api.Link,
		Registers: map[string]casework.Register{"trade.figures": a.tradeFigures},
	}
	cost := party.Cost{}
	if a.Fast {
		cost = party.Cost{Memory: 64, Time: 1, Threads: 1}
	}
	var errs []error
	words, err := a.Root.AddressKey()
	if err != nil {
		return err
	}
	if a.veil, err = httpkit.NewVeil(words); err != nil {
		return err
	}
	if a.witnesses, err = readWitnesses(a.Data); err != nil {
		return err
	}
	if a.providers, err = provider.Read(a.Data, a.BaseURL, a.Clock); err != nil {
		return err
	}
	a.Party, err = party.New(party.Config{
		Write: InTx[party.Tx](a.Store.Write), Read: InTx[party.Tx](a.Store.Read), Root: a.Root, Clock: a.Clock,
		Province: a.Province, Cost: cost, StepUp: a.StepUp, MustSecond: a.MustSecond, Tell: a.signingIn,
	})
	if err != nil {
		return err
	}
	a.Registry, err = registry.New(registry.Config{
		Write: InTx[registry.Tx](a.Store.Write), Read: InTx[registry.Tx](a.Store.Read), Root: a.Root, Clock: a.Clock,
		Moved: a.Party.Forget,
	})
	errs = append(errs, err)
	if a.judge, err = a.judging(ctx); err != nil {
		return err
	}
	var kept func(string)
	if a.courier != nil {
		kept = a.courier.Kept
	}
	a.Document, err = document.New(document.Config{
		Dir: a.Data, Kept: kept, Judge: a.judge, Write: InTx[document.Tx](a.Store.Write), Read: InTx[document.Tx](a.Store.Read), Clock: a.Clock,
	})
	errs = append(errs, err)
	if err == nil && a.Database != "" { // other nodes do not see this one's folder
		a.Document.Share(a.Store.Contents())
	}
	a.Referral, err = referral.New(referral.Config{
		Units: a.Registry, Cases: a.Engine, Write: InTx[referral.Tx](a.Store.Write), Read: InTx[registry.Sheets](a.Store.Read),
		Root: a.Root, Clock: a.Clock,
	})
	a.Trade = trade.New(trade.Config{
		Write: InTx[trade.Tx](a.Store.Write), Read: InTx[trade.Tx](a.Store.Read), Clock: a.Clock, NewID: a.newID,
	})
	a.Services = services.New(services.Config{
		Write: InTx[services.Tx](a.Store.Write), Read: InTx[services.Tx](a.Store.Read), Clock: a.Clock, NewID: a.newID, Home: homeName(),
	})
	a.Privacy = privacy.New(privacyConfig(a))
	errs = append(errs, err)
	return errors.Join(errs...)
}

// Close stops the work in the background between two of its parts and closes the store; what was acknowledged is safe.
func (a *App) Close() error {
	a.stop()
	a.working.Wait()
	if err := a.Store.Close(); err != nil {
		return fmt.Errorf("close the store: %w", err)
	}
	return nil
}

// NewID draws an id: 26 characters, 128 random bits.
func NewID() string { return rand.Text() }

// newID draws an id of a case or an entry, in the order of time.
func (a *App) newID() string { return clock.ID(a.Clock.Now()) }
