package faults

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"rahgosha/internal/store/pgtest"
)

// cluster is two PostgreSQL servers, each with its Patroni, and one etcd, all on the loopback. Its settings are those that
// docs/operate tells operators to use.
type cluster struct {
	etcd    *exec.Cmd
	members [2]*member
}

// member is a server with its agent.
type member struct {
	name     string
	file     string // settings of its agent
	dir      string
	rest, pg int // ports
	agent    *exec.Cmd
}

// settings are what the product's document says, and what a control plants in it.
type settings map[string]any

const (
	databaseUser  = "postgres"
	databasePass  = "planted-for-tests"
	clusterLimit  = 3 * time.Minute
	clusterLook   = 50 * time.Millisecond
	agentsConfig  = "../../docs/operate/patroni.yml"
	clusterLocale = "C.UTF-8"
)

// newCluster starts a cluster and waits until its standby is a synchronous one, or streams where that is planted away.
func newCluster(t testing.TB, dcs settings) *cluster {
	t.Helper()
	for _, tool := range []string{"patroni", "etcd"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("RAHGOSHA_REQUIRE_TOOLS") != "" {
				t.Fatalf("%s is not installed: run make setup-soak", tool)
			}
			t.Skip("skipped: " + tool + " is not installed")
		}
	}
	dir := pgtest.Folder(t)
	c := &cluster{}
	client, peer := address(t), address(t)
	c.etcd = start(t, dir, "etcd", "etcd", "--name", "e1", "--data-dir", filepath.Join(dir, "etcd"),
		"--listen-client-urls", "http://"+client, "--advertise-client-urls", "http://"+client,
		"--listen-peer-urls", "http://"+peer, "--initial-advertise-peer-urls", "http://"+peer, "--initial-cluster", "e1=http://"+peer)
	for i := range c.members {
		m := &member{name: "db" + strconv.Itoa(i+1), dir: filepath.Join(dir, "db"+strconv.Itoa(i+1)), rest: pgtest.FreePort(t), pg: pgtest.FreePort(t)}
		m.file = m.configure(t, dir, client, dcs)
		c.members[i] = m
		m.begin(t)
		if i == 0 {
			eventually(t, "a first primary", func() bool { return m.is("primary") })
		}
	}
	c.whole(t, dcs["synchronous_mode"] != false)
	return c
}

func address(t testing.TB) string {
	t.Helper()
	return "127.0.0.1:" + strconv.Itoa(pgtest.FreePort(t))
}

// start starts a program as the database's user, with its words in a file beside.
func start(t testing.TB, dir, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd, err := pgtest.Command(args[0], args[1:]...)
	must(t, err)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH") + ":/usr/sbin", "HOME=" + dir, "LANG=" + clusterLocale, "PYTHONUNBUFFERED=1"}
	words, err := os.OpenFile(filepath.Join(dir, name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(t, err)
	cmd.Stdout, cmd.Stderr = words, words
	must(t, cmd.Start())
	t.Cleanup(func() {
		stop(cmd)
		_ = words.Close()
	})
	return cmd
}

// stop ends a program as nobody expects.
func stop(cmd *exec.Cmd) {
	if cmd.ProcessState == nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

// configure writes an agent's settings: those of the document, with this member's addresses, folders and passwords.
func (m *member) configure(t testing.TB, dir, etcd string, dcs settings) string {
	t.Helper()
	raw, err := os.ReadFile(agentsConfig)
	must(t, err)
	var all map[string]any
	must(t, yaml.Unmarshal(raw, &all))
	set := func(value any, path ...string) {
		at := all
		for _, p := range path[:len(path)-1] {
			next, ok := at[p].(map[string]any)
			if !ok {
				t.Fatalf("%s has no %s", agentsConfig, strings.Join(path, "."))
			}
			at = next
		}
		at[path[len(path)-1]] = value
	}
	own := func(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }
	set(m.name, "name")
	set([]string{etcd}, "etcd3", "hosts")
	for _, which := range []string{"listen", "connect_address"} {
		set(own(m.rest), "restapi", which)
		set(own(m.pg), "postgresql", which)
	}
	for key, value := range dcs {
		set(value, "bootstrap", "dcs", key)
	}
	set("64MB", "bootstrap", "dcs", "postgresql", "parameters", "shared_buffers")
	set(m.data(), "postgresql", "data_dir")
	set(pgtest.Programs(), "postgresql", "bin_dir")
	set(filepath.Join(m.dir, "pgpass"), "postgresql", "pgpass")
	set(m.dir, "postgresql", "parameters", "unix_socket_directories")
	for _, who := range []string{"superuser", "replication", "rewind"} {
		set(databasePass, "postgresql", "authentication", who, "password")
	}
	set([]string{"local all all trust", "host replication all 127.0.0.1/32 scram-sha-256", "host all all 127.0.0.1/32 scram-sha-256"}, "postgresql", "pg_hba")
	set("off", "watchdog", "mode")
	raw, err = yaml.Marshal(all)
	must(t, err)
	must(t, os.Mkdir(m.dir, 0o700))
	file := filepath.Join(dir, m.name+".yml")
	must(t, os.WriteFile(file, raw, 0o600))
	parent, err := os.Stat(dir)
	must(t, err)
	owner := parent.Sys().(*syscall.Stat_t)
	must(t, errors.Join(os.Chown(m.dir, int(owner.Uid), int(owner.Gid)), os.Chown(file, int(owner.Uid), int(owner.Gid))))
	return file
}

func (m *member) data() string { return filepath.Join(m.dir, "data") }

// begin starts the agent, which starts its server.
func (m *member) begin(t testing.TB) {
	t.Helper()
	t.Cleanup(m.killServer) // after the agent, which would start it anew
	m.agent = start(t, filepath.Dir(m.file), m.name, "patroni", m.file)
}

// postmaster is the server's process.
func (m *member) postmaster() int {
	raw, err := os.ReadFile(filepath.Join(m.data(), "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := bytes.Cut(raw, []byte("\n"))
	pid, _ := strconv.Atoi(string(first)) // 0 where it is being written
	return pid
}

func (m *member) killServer() {
	if pid := m.postmaster(); pid > 1 && ours(pid, m.data()) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// ours says whether a process is a server of that folder still: numbers of processes come again.
func ours(pid int, data string) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && bytes.Contains(raw, []byte(data))
}

var agents = &http.Client{Timeout: 2 * time.Second}

// is asks the agent: primary, sync, replica.
func (m *member) is(what string) bool {
	res, err := agents.Get(fmt.Sprintf("http://127.0.0.1:%d/%s", m.rest, what))
	if err != nil {
		return false
	}
	return errors.Join(res.Body.Close()) == nil && res.StatusCode == http.StatusOK
}

// leader gives who leads and who follows.
func (c *cluster) leader(t testing.TB) (leads, follows *member) {
	t.Helper()
	for i, m := range c.members {
		if m.is("primary") {
			return m, c.members[1-i]
		}
	}
	t.Fatal("nobody leads")
	return nil, nil
}

// whole waits until there are a primary and a standby that the primary waits for.
func (c *cluster) whole(t testing.TB, synchronous bool) {
	t.Helper()
	standby := "sync"
	if !synchronous {
		standby = "replica"
	}
	eventually(t, "a primary and its standby", func() bool {
		return slices.ContainsFunc(c.members[:], func(m *member) bool { return m.is("primary") }) &&
			slices.ContainsFunc(c.members[:], func(m *member) bool { return m.is(standby) })
	})
}

func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	for began := time.Now(); !so(); time.Sleep(clusterLook) {
		if time.Since(began) > clusterLimit {
			t.Fatalf("waited %v in vain for %s", clusterLimit, what)
		}
	}
}

// url is that of a database on members, in their order.
func url(database string, members ...*member) string {
	var hosts []string
	for _, m := range members {
		hosts = append(hosts, "127.0.0.1:"+strconv.Itoa(m.pg))
	}
	return "postgres://" + databaseUser + ":" + databasePass + "@" + strings.Join(hosts, ",") + "/" + database + "?sslmode=disable"
}

// connect opens a database on one member, whatever that one is.
func (m *member) connect(t testing.TB, database string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", url(database, m))
	must(t, err)
	return db
}

// do runs statements on one member.
func (m *member) do(t testing.TB, statements ...string) error {
	t.Helper()
	db := m.connect(t, databaseUser)
	defer func() { _ = db.Close() }()
	for _, s := range statements {
		if _, err := db.ExecContext(context.Background(), s); err != nil {
			return err
		}
	}
	return nil
}

// switchOver asks the leader's agent to hand over.
func (c *cluster) switchOver(t testing.TB) {
	t.Helper()
	leads, follows := c.leader(t)
	raw, err := json.Marshal(map[string]string{"leader": leads.name, "candidate": follows.name})
	must(t, err)
	slow := &http.Client{Timeout: time.Minute} // it answers when it is done
	res, err := slow.Post(fmt.Sprintf("http://127.0.0.1:%d/switchover", leads.rest), "application/json", bytes.NewReader(raw))
	must(t, err)
	must(t, res.Body.Close())
	if res.StatusCode != http.StatusOK {
		t.Errorf("the agent does not hand over: %s", res.Status)
	}
}

// receiver is the standby's process that takes what the primary writes.
func (m *member) receiver(t testing.TB) int {
	t.Helper()
	db := m.connect(t, databaseUser)
	defer func() { must(t, db.Close()) }()
	var pid int
	must(t, db.QueryRowContext(context.Background(), "SELECT pid FROM pg_stat_wal_receiver").Scan(&pid))
	return pid
}
