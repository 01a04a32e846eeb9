package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestCommitteeSession carries the cases at the committee through a session: the secretary freezes the agenda and records
// the decisions, two others sign, and the first case goes on by itself, naming the session.
func TestCommitteeSession(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	unit := o.as(firm)
	base := o.draft(unit, request{amount: amount, uses: amount, cheque: "W"})
	o.submit(unit)
	o.opine(o.as("dir.expert"), base)
	deputy := o.as("dir.deputy")
	o.act(deputy, base, "to_committee", nil)

	sec := o.as("council.sec")
	sec.Open("/apply")
	sec.Follow(`form[action="/apply/committee-session"] button`)
	session := strings.SplitN(strings.SplitN(sec.Path(), "?", 2)[0], "/apply", 2)[0]
	o.act(sec, session, "convene", func() { sec.Choose("#f-package", "P1") })
	sec.Open(session)
	if said := sec.Text("main"); !strings.Contains(said, "رتبه") {
		t.Errorf("the session shows no ranking: %s", said)
	}
	o.act(sec, session, "decide", func() {
		for i := 1; sec.Count(radio(fmt.Sprintf("session.%d", i), "approve")) > 0; i++ {
			sec.Click(radio(fmt.Sprintf("session.%d", i), "approve"))
		}
	})
	o.act(deputy, session, "sign", nil)
	o.act(o.as("dir.dg"), session, "sign", nil)
	for range 240 { // a minute, as for every action
		if unit.Open(base); strings.Contains(unit.Text("main"), "صدور معرفی‌نامه") {
			break
		}
		time.Sleep(250 * time.Millisecond)
	}
	if said := unit.Text("main"); !strings.Contains(said, "صدور معرفی‌نامه") {
		t.Errorf("the committee's approval has not reached the case: %s", said)
	}
	o.calm(sec, deputy)
}
