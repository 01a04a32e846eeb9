package web

import (
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"rahgosha/internal/kernel/access"
	"rahgosha/internal/surface/httpkit"
)

// deskUser shows who is signed in, in the role they act in; nil for nobody.
func deskUser(r *http.Request, p *Page) *User {
	who := httpkit.PrincipalOf(r)
	if !who.SignedIn() {
		return nil
	}
	role := wordOf(p.Lang, "desk.role.", who.Role)
	if who.BodyName != "" {
		role += p.T("web.comma") + who.BodyName
	}
	return &User{Name: who.Name, Role: role, Initials: initials(who.Name), Switch: len(who.Others) > 0}
}

// initials are the first letters of the first and last word, kept apart by a zero-width non-joiner.
func initials(name string) string {
	words := strings.FieldsFunc(name, unicode.IsSpace)
	if len(words) == 0 {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(words[0])
	if len(words) == 1 {
		return string(first)
	}
	last, _ := utf8.DecodeRuneInString(words[len(words)-1])
	return string(first) + "\u200C" + string(last)
}

// link is one of a signed-in person's own pages: for which roles (a prefix; empty is all), and whether it stands at the
// bottom of a phone.
type link struct {
	key, href, icon string
	roles           []string
	tab             bool
}

var deskLinks = []link{
	{"desk.nav.desk", "/desk", "home", nil, true},
	{"inbox.nav", "/inbox", "bell", inboxRoles, false},
	{"desk.nav.picture", "/picture", "gauge", pictureRoles, true},
	{"desk.nav.sessions", "/sessions", "landmark", sittingRoles, true},
	{"desk.nav.cases", "/cases", "inbox", nil, true},
	{"desk.nav.obligations", "/obligations", "file-check", nil, false},
	{"desk.nav.assign", "/assign", "users", headRoles, false},
	{"desk.nav.leave", "/leave", "calendar-plus", headRoles, false},
	{"desk.nav.apply", "/apply", "file-plus", []string{"unit.", "council.sec"}, true},
	{"desk.nav.apply", "/apply", "file-plus", []string{"dir.expert"}, false},
	{"desk.nav.unit", "/unit", "factory", []string{"unit."}, true},
	{"desk.nav.claims", "/claims", "handshake", []string{access.Public}, true},
	{"desk.nav.claims", "/claims", "handshake", []string{"unit."}, false},
	{"desk.nav.claims_waiting", "/claims/waiting", "handshake", claimReaders, false},
	{"desk.nav.units", "/units", "factory", staffRoles, true},
	{"desk.nav.import", "/units/import", "file-up", importRoles, false},
	{"desk.nav.referrals", "/referrals/import", "file-up", referralRoles, false},
	{"desk.nav.reviews", "/units/reviews", "file-check", reviewRoles, false},
	{"compass.nav", "/trade", "ship", []string{"unit.", "dir.", "association.", "council.", "auditor"}, false},
	{"tes.nav", "/trade/services", "handshake", []string{"unit.", "dir.", "association.", "council.", "auditor"}, false},
	{"desk.nav.audit", "/audit", "shield-check", auditRoles, true},
	{"admin.nav.users", "/admin/users", "users", usersRoles, true},
	{"admin.nav.delegation", "/admin/delegation", "stamp", delegationRoles, false},
	{"admin.nav.calendar", "/admin/calendar", "calendar-plus", closeRoles, false},
	{"admin.nav.procedures", "/admin/procedures", "scroll-text", procedureRoles, false},
	{"personal.nav", "/admin/personal", "shield-check", personalRoles, false},
	{"desk.nav.account", "/account", "user", nil, true},
}

// deskNav are the signed-in person's own links.
func deskNav(r *http.Request, p *Page) (side, tabs []NavItem) {
	who := httpkit.PrincipalOf(r)
	if !who.SignedIn() {
		return nil, nil
	}
	for _, l := range deskLinks {
		if !l.forRole(who) {
			continue
		}
		item := NavItem{Label: p.T(l.key), Href: l.href, Icon: l.icon, Current: l.current(p.Path)}
		if l.href == "/inbox" {
			item.Count, item.CountOf = p.Unread, p.T("inbox.new")
		}
		side = append(side, item)
		if l.tab {
			tabs = append(tabs, item)
		}
	}
	return side, tabs
}

func (l link) forRole(who access.Principal) bool {
	if len(l.roles) == 0 {
		return true
	}
	for _, role := range l.roles {
		if who.Role == role || strings.HasSuffix(role, ".") && strings.HasPrefix(who.Role, role) {
			return true
		}
	}
	return false
}

func (l link) current(path string) bool {
	return l.href == path || strings.HasPrefix(path, l.href+"/") && !strings.HasPrefix(path, "/units/import") && !strings.HasPrefix(path, "/units/reviews") &&
		(l.href != "/trade" || !strings.HasPrefix(path, "/trade/services"))
}
