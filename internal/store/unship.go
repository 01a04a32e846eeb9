package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/store/chain"
)

// Restored tells what a copy gave back.
type Restored struct {
	At      time.Time // everything acknowledged before it is there
	Records int64     // number of the last record that is in it
	Torn    bool      // one more record was being written when the copy ended
	Newer   string    // a later chain that is not complete and was not used; "" without one
}

// RestoreShipped puts the database together in a folder from what a Ship copied, as it stood at the end or at a time. Each
// log is given to SQLite itself, which must find in it every frame that was copied. Invalid store.copy_none where there is
// nothing of that time, store.copy_damaged where something is not what was copied.
func RestoreShipped(ctx context.Context, from, to string, until time.Time) (out Restored, err error) {
	c, b, newer, err := choose(from, until)
	if err != nil {
		return out, err
	}
	out.Newer = newer
	r := &rebuild{ctx: ctx, path: filepath.Join(to, DatabaseFile)}
	if err := c.WriteBase(b, r.path); err != nil {
		return out, err
	}
	end := int64(0)
	if !until.IsZero() {
		end = until.UnixMicro()
	}
	read, err := c.Records(b, end, r.add)
	if err == nil {
		err = r.apply()
	}
	if err != nil {
		return out, errors.Join(err, r.close())
	}
	out.At, out.Records, out.Torn = time.UnixMicro(read.At).UTC(), read.Last.N, read.Torn
	return out, nil
}

// choose gives the newest base that holds at a time, and names a later chain that has none.
func choose(from string, until time.Time) (c chain.Chain, b chain.Base, newer string, err error) {
	all, err := chain.Chains(from)
	if err != nil {
		return c, b, "", err
	}
	for i := len(all) - 1; i >= 0; i-- {
		if len(all[i].Bases) == 0 && newer == "" && until.IsZero() {
			newer = all[i].Dir
		}
		for j := len(all[i].Bases) - 1; j >= 0; j-- {
			if b := all[i].Bases[j]; until.IsZero() || b.At <= until.UnixMicro() {
				return all[i], b, newer, nil
			}
		}
	}
	return c, b, newer, fault.New(fault.Invalid, "store.copy_none", "folder", from)
}

// rebuild gives SQLite one log after another.
type rebuild struct {
	ctx   context.Context
	path  string // of the database
	wal   *os.File
	log   int64
	frame int64 // the last one of it
}

func (r *rebuild) add(rec chain.Record, raw []byte) error {
	if r.wal != nil && rec.Log != r.log {
		if err := r.apply(); err != nil {
			return err
		}
	}
	if r.wal == nil {
		var err error
		if r.wal, err = os.OpenFile(r.path+"-wal", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
			return fmt.Errorf("restore the log: %w", err)
		}
		r.log = rec.Log
	}
	r.frame = rec.To.Frame
	if _, err := r.wal.Write(raw); err != nil {
		return fmt.Errorf("restore the log: %w", err)
	}
	return nil
}

func (r *rebuild) close() error {
	if r.wal == nil {
		return nil
	}
	err := r.wal.Close()
	r.wal = nil
	return err
}

// apply has SQLite bring the log's pages to their places.
func (r *rebuild) apply() error {
	if r.wal == nil {
		return nil
	}
	if err := r.close(); err != nil {
		return err
	}
	from, err := sqlite.NewConnector(address(r.path, "", 1, "synchronous(FULL)"))
	if err != nil {
		return fmt.Errorf("restore the log: %w", err)
	}
	s, err := newSession(r.ctx, from)
	if err != nil {
		return fmt.Errorf("restore the log: %w", err)
	}
	defer s.drop()
	log, placed, err := checkpoint(s, "PASSIVE")
	if err == nil && (log != r.frame || placed != r.frame) {
		return fault.New(fault.Invalid, "store.copy_damaged", "file", r.path, "record", r.frame)
	}
	if err == nil {
		_, _, err = checkpoint(s, "TRUNCATE")
	}
	if err != nil {
		return fmt.Errorf("restore the log: %w", err)
	}
	return nil
}
