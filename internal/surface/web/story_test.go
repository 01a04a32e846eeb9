package web_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/jba/templatecheck"

	"rahgosha/internal/base/locale"
	"rahgosha/internal/surface/httpkit"
	"rahgosha/internal/surface/web"
)

type story struct {
	*web.Page
	Heading         string
	Turn            web.Turn
	Steps           []web.Step
	SLA             web.SLA
	Days            []web.Day
	Passed, Refused web.Verdict
	Facts           []web.Fact
	Files           []web.File
	Seal            web.Seal
	Strip           []web.Figure
	Queue           web.Queue
	KPIs            []web.KPI
	Form            web.Form
	Answers         []web.Answer
	Letter          web.Letter
}

var letter = web.Letter{From: "ادارهٔ کل صنعت، معدن و تجارت البرز", To: "بانک الف، شعبهٔ مرکزی کرج", Number: "1405/S/8842", Date: now, Subject: "معرفی واحد برای تسهیلات",
	Body: "با سلام\nواحد نساجی سپیدتار البرز معرفی می‌شود.", Signer: "مریم کاویانی", Office: "معاون صنایع", Attachments: 2}

func newStory(l locale.Lang, theme string) story {
	dir := "rtl"
	if l == locale.EN {
		dir = "ltr"
	}
	day := 24 * time.Hour
	file := web.File{Name: "گردش حساب شش‌ماهه", Href: "#f", Kind: "PDF", Hash: "7c1e…09ad", Size: 1258291, At: now.Add(-day)}
	rules := []web.Rule{{No: "۱", Text: "پروانهٔ بهره‌برداری معتبر دارد", Value: "تا خرداد ۱۴۰۷", Source: "استعلام بهین‌یاب", Law: "مادهٔ ۴", State: "pass"},
		{No: "۲", Text: "چک برگشتی رفع‌اثرنشده ندارد", Value: "۲ فقره", Source: "استعلام صیاد", Law: "مادهٔ ۵ مکرر قانون صدور چک", State: "fail"},
		{No: "۳", Text: "بدهی معوق ندارد", Value: "نامعلوم", Source: "پاسخ نیامده", State: "unknown"}}
	fields := []web.Field{{ID: "a", Name: "amount", Kind: "money", Label: "مبلغ درخواست", Value: "۸۵۰۰۰۰۰۰۰۰۰", Rule: "برای شرط ۵ لازم است", Error: "مبلغ بیش از سقف شعبه است."},
		{ID: "b", Name: "people", Kind: "int", Label: "شمار کارکنان", Value: "۴۳", Unit: "نفر", Source: "فهرست بیمه"}, {ID: "c", Name: "share", Kind: "percent", Label: "سهم"},
		{ID: "d", Name: "since", Kind: "dateparts", Label: "تاریخ پروانه", Parts: [3]string{"۲", "۹", "۱۴۰۵"}}, {ID: "e", Name: "ok", Kind: "bool", Label: "صادرات دارید؟", Value: "true"},
		{ID: "g", Name: "bank", Kind: "choice", Label: "بانک", Options: []web.Option{{Value: "a", Label: "بانک الف", Hint: "شعبهٔ مرکزی", Chosen: true}, {Value: "b", Label: "بانک ب"}}},
		{ID: "h", Name: "county", Kind: "select", Label: "شهرستان", Options: []web.Option{{Value: "1", Label: "کرج"}}}, {ID: "i", Name: "why", Kind: "area", Label: "شرح", Hint: "کوتاه بنویسید."},
		{ID: "j", Name: "file", Kind: "file", Label: "مدرک", MaxBytes: 5 << 20, Accept: ".pdf"}, {ID: "k", Name: "date", Kind: "date", Label: "تاریخ"},
		{ID: "m", Name: "loans", Kind: "rows", Label: "وام‌ها", Columns: []web.Column{{Name: "bank", Label: "بانک", Kind: "text"}, {Name: "amount", Label: "مبلغ", Kind: "money"}}, Rows: []web.Row{{Values: []string{"بانک ب", "۱۰"}}}}}
	return story{Page: &web.Page{Lang: l, Dir: dir, Title: "نمونه", Path: "/story", Now: now, Theme: httpkit.Theme(theme), Sample: true, Flash: &web.Flash{Tone: "good", Text: "ثبت شد."},
		User: &web.User{Name: "مریم کاویانی", Role: "کارشناس تسهیلات", Initials: "م‌ک"}, Nav: []web.NavItem{{Label: "کارتابل", Href: "/queue", Icon: "inbox", Count: 28, CountOf: "پروندهٔ باز", Current: true}},
		Tabs: []web.NavItem{{Label: "کارتابل", Href: "/queue", Icon: "inbox", Current: true}}, Crumbs: []web.Crumb{{Label: "کارتابل", Href: "/queue"}, {Label: "RG-1405-02731", Code: true}}},
		Heading: "روند پرونده",
		Turn: web.Turn{Eyebrow: "اکنون نوبت شماست", Left: &web.Pill{Text: "۴ روز کاری مانده", Tone: "warn"}, What: "پاسخ بانک را بررسی کنید", Detail: "بانک الف گردش حساب خواست.", Limits: []web.Limit{{Title: "یادآوری پاسخ بانک", Count: "۱۵ روز تقویمی، شمرده از ۲۰ آبان", By: now.Add(6 * day)}},
			Otherwise: "پرونده به رئیس می‌رود.", Actions: []web.Action{{Label: "بررسی مدرک", Href: "#x", Icon: "file-check", Main: true}, {Label: "درخواست اصلاح", Href: "#y"}}},
		Steps: []web.Step{{Name: "معرفی به بانک", Note: "۲ روز از ۵", State: "done"}, {Name: "ارزیابی اعتباری", Note: "روز ۱۱ از ۱۵", State: "now"}, {Name: "پرداخت", Note: "تا ۳ روز"}},
		SLA:   web.SLA{Percent: 73, Tone: "warn", Big: "۴", Unit: "روز کاری مانده", Label: "۱۱ روز از ۱۵ روز گذشته است", From: now.Add(-9 * day), To: now.Add(6 * day), Otherwise: "پرونده در دستور کارگروه می‌نشیند."},
		Days: []web.Day{{Title: "امروز", Events: []web.Event{{ID: "e1", Icon: "bell", Who: "راهگشا", What: "یادآوری فرستاد.", At: now, Notes: []string{"کارتابل بانک"}}}},
			{Title: "پیش‌تر", Events: []web.Event{{ID: "e2", Icon: "file-up", Tone: "brand-pill", Who: "حمید رستگار", What: "مدرک را فرستاد.", At: now.Add(-day), Files: []web.File{file}},
				{ID: "e3", Icon: "lock", Who: "مریم کاویانی", What: "یادداشت نوشت.", At: now.Add(-2 * day), Body: "با ACME Textiles صحبت شد.", Internal: true}}}},
		Passed:  web.Verdict{ID: "why", Title: "چرا واجد شرایط شد؟", Lede: "هر شرط با دادهٔ همان روز سنجیده شد.", Summary: "واجد شرایط", Tone: "good", Rules: rules[:1], Version: "نسخهٔ ۳", Link: &web.Link{Label: "شیوه‌نامه", Href: "/procedures/referral"}},
		Refused: web.Verdict{ID: "whynot", Title: "چرا رد شد؟", Summary: "شرط ۲ برقرار نیست", Tone: "bad", Rules: rules, Smallest: []string{"شرط ۲: ۲ فقره چک برگشتی"}, Remedy: []string{"رفع سوءاثر هر ۲ چک"}},
		Facts:   []web.Fact{{Name: "شناسهٔ ملی", Value: "10861234507", Code: true, Source: "سامانهٔ شناسه", At: now, Verifier: "مریم کاویانی"}, {Name: "واحد", Value: "نساجی سپیدتار", Href: "#u", Sub: "اشتهارد", Source: "اظهار واحد"}},
		Files:   []web.File{file}, Seal: web.Seal{Entries: 23, Hash: "9f3a…c21e", Href: "#s"},
		Strip: []web.Figure{{Value: "۲", Label: "گذشته از مهلت", Href: "?v=late", Tone: "bad"}, {Value: "۹", Label: "نوبت من", Href: "?v=mine"}},
		Queue: web.Queue{Caption: "پرونده‌های باز", Tabs: []web.Tab{{Label: "همه", Href: "?v=all", Count: 28, Current: true}, {Label: "دیرکرد", Href: "?v=late", Count: 2, Hot: true}}, At: "cases", Clear: "/queue",
			Filters: []web.Field{{ID: "q2", Name: "q", Kind: "search", Label: "جست‌وجو"}}, Chips: []web.Chip{{Label: "باز", Href: "?"}}, Pager: web.Pager{From: 1, To: 1, Total: 28, Next: "?after=x"},
			Rows: []web.QueueRow{{ID: "1", Title: "سرمایهٔ در گردش، نساجی سپیدتار", Href: "/cases/1", Code: "RG-1405-02731", Place: "اشتهارد", Stage: web.Pill{Text: "ارزیابی", Tone: "info"}, Left: "۴ روز مانده", Due: now, Bar: web.Bar{Percent: 73, Tone: "warn"}, TurnIcon: "landmark", TurnOf: "بانک الف", Amount: 85_000_000_000}}},
		KPIs:    []web.KPI{{Title: "پرداخت‌شده", Value: "۱۲", Unit: "پرونده", Foot: []string{"از ۱۵۰ معرفی"}, Link: &web.Link{Label: "فهرست", Href: "#k"}}},
		Form:    web.Form{Action: "/cases/1/draft", Key: httpkit.NewKey(), Version: 7, Fields: fields, Errors: web.Wrong(fields), Submit: "ادامه", Save: "ذخیره", Autosave: "/cases/1/draft", Files: true},
		Answers: []web.Answer{{Question: "مبلغ", Value: "۸۵٬۰۰۰٬۰۰۰٬۰۰۰ ریال", Echo: "هشتاد و پنج میلیارد ریال، ۸٫۵ میلیارد تومان", Change: "#a"}}, Letter: letter}
}

func TestEveryComponentRendersCleanInBothLanguages(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, nil)
	for _, l := range []locale.Lang{locale.FA, locale.EN} {
		var b bytes.Buffer
		if err := web.RenderStory(s, &b, l, newStory(l, "")); err != nil {
			t.Fatal(err)
		}
		for _, e := range lint(b.Bytes()) {
			if l == locale.FA || !isPersianWording(e) { // the sample texts are Persian in both
				t.Errorf("%s: %s", l, e)
			}
		}
	}
}

func TestEveryTemplateFitsItsView(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t, nil)
	for name, p := range web.Templates(s) {
		if p.View == nil {
			t.Errorf("%s has no view type in the check", name)
			continue
		}
		if err := templatecheck.CheckHTML(p.T, p.View); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	st, err := web.StoryTemplate(s, locale.FA)
	if err != nil {
		t.Fatal(err)
	}
	if err := templatecheck.CheckHTML(st.Lookup("layout.html"), story{}); err != nil {
		t.Errorf("components: %v", err)
	}
}
