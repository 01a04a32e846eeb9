package access_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/goccy/go-yaml"

	"rahgosha/internal/base/fault"
	"rahgosha/internal/kernel/access"
)

// A procedure may give its actions only to roles that people can hold.
func TestEveryRoleOfAProcedureIsInTheCatalogue(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../procedures/*/procedure.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no procedures found: %v", err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Roles   map[string]any `yaml:"roles"`
			Actions map[string]struct {
				By       []string `yaml:"by"`
				OnBehalf []string `yaml:"on_behalf"`
			} `yaml:"actions"`
		}
		if err := yaml.Unmarshal(raw, &doc); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for role := range doc.Roles {
			if !access.KnownRole(role) {
				t.Errorf("%s: the role %q is not in the catalogue", name, role)
			}
		}
		for id, a := range doc.Actions {
			for _, role := range slices.Concat(a.By, a.OnBehalf) {
				if role != access.System && role != access.Round && !access.KnownRole(role) {
					t.Errorf("%s: action %s: the role %q is not in the catalogue", name, id, role)
				}
			}
		}
	}
}

func TestThePolicyTableNamesKnownRolesOnce(t *testing.T) {
	t.Parallel()
	seen := map[[2]string]bool{}
	for _, p := range access.Policies() {
		key := [2]string{p.Resource, p.Verb}
		if seen[key] {
			t.Errorf("%v stands twice", key)
		}
		seen[key] = true
		for _, r := range p.Roles {
			if r != access.Anybody && r != access.Signed && (!access.KnownRole(r) || r == access.Public) {
				t.Errorf("%v names %q: no role, or everybody, which is written *", key, r)
			}
		}
	}
	for _, r := range access.Roles() {
		if r.Title.FA == "" || r.Title.EN == "" {
			t.Errorf("%s has no title in both languages", r.Code)
		}
	}
}

func TestWhatNoLineAllowsIsForbidden(t *testing.T) {
	t.Parallel()
	as := func(role string) access.Principal { return access.Principal{Person: "p", Role: role} }
	for _, c := range []struct {
		who            access.Principal
		resource, verb string
		want           fault.Kind
	}{
		{as("dir.expert"), "units", "import", ""},
		{as("bank.branch"), "units", "read", fault.Forbidden},
		{as("admin"), "units", "personal", fault.Forbidden},
		{as("auditor"), "units", "edit", fault.Forbidden},
		{as("dir.dg"), "units", "no_such_verb", fault.Forbidden},
		{as("dir.dg"), "no_such_thing", "read", fault.Forbidden},
		{as(""), "units", "read", fault.Forbidden},
		{as("*"), "units", "read", fault.Forbidden},
		{as("@"), "users", "manage", fault.Forbidden},
		{access.Anonymous("30"), "units", "read", fault.Unauthenticated},
		{access.Anonymous("30"), "claims", "make", fault.Unauthenticated},
		{as(access.Public), "claims", "make", ""},
	} {
		if got := fault.KindOf(access.Authorize(c.who, c.resource, c.verb)); got != c.want {
			t.Errorf("%q %s %s: %q, want %q", c.who.Role, c.resource, c.verb, got, c.want)
		}
	}
}

// What fills a role is what its holders are of: a row that names one of it is one holder's.
func TestBodiesFillTheRolesOfTheirKind(t *testing.T) {
	t.Parallel()
	for kind, roles := range map[string][]string{
		"bank.head": {"bank.head"}, "bank": {"bank.head", "bank.branch", "bank.council"}, "association": {"assoc.chair", "assoc.assessor"},
		"service_firm": {"svc.firm"}, "town_company": {"town.company"}, "newsroom": {"news.reporter", "news.editor"},
	} {
		for _, r := range access.Roles() {
			if got := access.Fills(kind, r.Code); got != slices.Contains(roles, r.Code) {
				t.Errorf("a %s fills %s: %v", kind, r.Code, got)
			}
		}
	}
}
