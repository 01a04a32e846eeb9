package web

import (
	"html/template"
	"io"
	"maps"
	"os"

	"rahgosha/internal/base/locale"
)

// StoryTemplate is a page that shows every component, for tests only.
func StoryTemplate(s *Server, l locale.Lang) (*template.Template, error) {
	t, err := template.New("layout.html").Funcs(s.funcs(l)).ParseFS(templateFiles, "templates/layout.html", "templates/components/*.html")
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile("testdata/story.html")
	if err != nil {
		return nil, err
	}
	return t.Parse(string(raw))
}

// LongExport sets from how many cases a sheet is gathered beside the request.
func LongExport(s *Server, n int64) { s.longExport = n }

// RenderStory renders it.
func RenderStory(s *Server, w io.Writer, l locale.Lang, view any) error {
	t, err := StoryTemplate(s, l)
	if err != nil {
		return err
	}
	return t.ExecuteTemplate(w, "layout.html", view)
}

// Templates gives the parsed pages with a view of each one's type, for templatecheck.
func Templates(s *Server) map[string]struct {
	T    *template.Template
	View any
} {
	out := map[string]struct {
		T    *template.Template
		View any
	}{}
	views := map[string]any{"public/home": homeView{}, "public/about": aboutView{}, "public/help": guidesView{}, "public/guide": guideView{}, "public/report": reportView{}, "public/procedures": proceduresView{},
		"public/procedure": procedureView{}, "public/verify": verifyView{}, "public/error": errorView{}, "session/sign-in": signInView{}, "session/register": registerView{}, "session/step-up": stepUpView{}}
	maps.Copy(views, deskViews)
	for name, made := range s.pages[locale.FA] {
		t, err := made()
		if err != nil {
			panic(err) // a page that cannot be made is found here, not by who asks for it
		}
		out[name] = struct {
			T    *template.Template
			View any
		}{t.Lookup("layout.html"), views[name]}
	}
	return out
}

var deskViews = map[string]any{"case/case": caseView{}, "case/act": actView{}, "case/file": printView{}, "case/sittings": sittingsView{}, "queue/queue": queueView{}, "queue/desk": deskView{}, "unit/counter": counterView{}, "queue/assign": assignView{}, "queue/obligations": obligationsView{}, "queue/leave": leaveView{}, "apply/apply": applyView{},
	"apply/tasks": tasksView{}, "apply/page": pageFormView{}, "apply/check": checkView{}, "apply/receipt": receiptView{}, "letter/letter": letterView{},
	"picture/sheet": sheetView{}, "unit/units": unitsView{}, "queue/search": searchView{}, "queue/inbox": inboxView{}, "queue/export": exportView{}, "queue/views": savedView{}, "unit/unit": unitView{}, "unit/import": importView{}, "unit/reviews": reviewsView{}, "unit/review": reviewView{}, "audit/audit": auditView{}, "picture/picture": pictureView{}, "account/account": accountView{}, "account/switch": switchView{},
	"admin/users": usersView{}, "admin/user": userView{}, "admin/user-new": newUserView{}, "admin/printed": printedView{}, "admin/delegation": delegationView{}, "admin/personal": personalView{}, "admin/calendar": calendarView{}, "trade/compass": compassView{}, "trade/sources": sourcesView{}, "trade/choose": chooseView{}, "trade/portfolio": portfolioView{}, "trade/services": sharesView{}, "trade/work": workView{}, "trade/register": contractsView{}, "trade/contract": contractView{}, "trade/enter": enterView{}, "trade/figures": figuresView{}, "trade/goods": goodsView{}, "trade/product": productView{}, "trade/steps": unitCompassView{}, "trade/markets": marketsView{}, "trade/flags": flagsView{}, "trade/landed": landedView{}, "trade/space": spaceView{},
	"session/code": codeView{}, "session/link": linkView{}, "session/signed-out": linkView{}, "claim/claims": claimsView{}, "claim/claim": claimView{}, "claim/waiting": waitingView{},
	"admin/procedures": versionsView{}, "admin/version": trialView{}}
