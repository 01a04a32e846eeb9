package document

import (
	"context"
	"io"

	"rahgosha/internal/base/clock"
	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/journal"
)

// Limit is how large a document may be, in bytes.
const Limit = 10 << 20

// Ref names a document: Hash is the SHA-256 of its content in hexadecimal, Size in bytes, Media the type its content has.
type Ref struct {
	Hash  string
	Size  int64
	Media string
	Name  string
}

// Document is a stored document. By is who put it first, At when, in µs.
type Document struct {
	Province, Hash, Media string
	Size                  int64
	By                    string
	At                    int64
}

// Use is a document somebody put under a name; the name stands sealed (journal.Sealed as JSON), people write names in it.
type Use struct {
	Province, Hash, By string
	Name               string
	At                 int64
}

// Tx is what the service needs of a transaction.
type Tx interface {
	Keys() journal.Keys
	// DocumentByHash gives a document; not_found document.unknown.
	DocumentByHash(ctx context.Context, province, hash string) (Document, error)
	// SaveDocument keeps a document; one that is there stays as it was.
	SaveDocument(ctx context.Context, d Document) error
	// SaveDocumentUse keeps under which name a person put a document, the last name they gave it.
	SaveDocumentUse(ctx context.Context, u Use) error
	// DocumentUses lists who put a document, the first one first.
	DocumentUses(ctx context.Context, province, hash string) ([]Use, error)
	// PutBy lists what a person put and is there still, the oldest first.
	PutBy(ctx context.Context, province, person string) ([]Put, error)
	// DocumentsPut counts what a person put from an instant on, and tells when the first of it was.
	DocumentsPut(ctx context.Context, province, person string, from int64) (files, bytes, first int64, err error)
}

// Blobs keeps sealed contents by name: a folder, or an object store. Create writes all of r or nothing, over what is
// there; Open gives not_found document.lost where nothing is.
type Blobs interface {
	Create(ctx context.Context, name string, r io.Reader) error
	Open(ctx context.Context, name string) (io.ReadCloser, error)
}

// Config is what a Service needs. Write and Read run a function in a transaction (Write may run it more than once).
type Config struct {
	Dir   string // data folder; contents lie below blobs in it
	Blobs Blobs  // in place of the folder
	// Judge, if set, has the last word on a content before anything of it is kept.
	Judge func(ctx context.Context, content []byte) error
	// Kept hears the name of each content that was written, before the database speaks of it; nil hears nothing.
	Kept  func(name string)
	Write func(ctx context.Context, fn func(context.Context, Tx) error) error
	Read  func(ctx context.Context, fn func(context.Context, Tx) error) error
	Clock clock.Clock
	// Quotas bound what a person may put; without them, those of the house.
	Quotas []Quota
}

// Service keeps and gives documents. It is safe for concurrent use.
type Service struct {
	cfg  Config
	busy chan struct{} // bounds how many contents are in memory at once
}

// atOnce bounds the memory that documents take: this many times twice the Limit.
const atOnce = 8

// New makes a service; invalid document.config when something is missing.
func New(cfg Config) (*Service, error) {
	if cfg.Write == nil || cfg.Read == nil || cfg.Clock == nil || cfg.Blobs == nil && cfg.Dir == "" {
		return nil, fault.New(fault.Invalid, "document.config")
	}
	if cfg.Quotas == nil {
		cfg.Quotas = quotas
	}
	if cfg.Blobs == nil {
		blobs, err := newFolder(cfg.Dir, cfg.Clock.Now())
		if err != nil {
			return nil, err
		}
		cfg.Blobs = blobs
	}
	return &Service{cfg: cfg, busy: make(chan struct{}, atOnce)}, nil
}

// enter waits for room and gives what leaves it.
func (s *Service) enter(ctx context.Context) (leave func(), err error) {
	select {
	case s.busy <- struct{}{}:
		return func() { <-s.busy }, nil
	case <-ctx.Done():
		return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "document.busy")
	}
}

// Share makes contents be kept elsewhere from now on, where other nodes find them too; what lies in the service's own place
// is read from there still. It is for the start, before the service is used.
func (s *Service) Share(b Blobs) { s.cfg.Blobs = shared{b, s.cfg.Blobs} }

// shared are contents that are kept in one place, and lay in another before.
type shared struct {
	Blobs
	before Blobs
}

// Open looks in both.
func (x shared) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := x.Blobs.Open(ctx, name)
	if fault.Is(err, fault.NotFound) {
		return x.before.Open(ctx, name)
	}
	return r, err
}
