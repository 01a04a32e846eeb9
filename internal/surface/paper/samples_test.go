package paper

import "strings"

// samples are letters in the words of the domain: receipt, missing documents, referral to a bank, refusal with reason.
func samples() map[string]Letter {
	return map[string]Letter{"receipt": receipt(), "missing": missing(), "referral": referral(), "refusal": refusal()}
}

func frame(l Letter) Letter {
	l.Header = []string{"بسمه تعالی"}
	l.Office = "اداره کل صنعت، معدن و تجارت استان\nدبیرخانهٔ ستاد تسهیل و رفع موانع تولید"
	l.Meta = [][2]string{{"شماره", "۱۴۰۵/۱۲۳۴۵"}, {"تاریخ", "۱۴۰۵/۰۷/۱۲"}, {"پیوست", "دارد"}}
	l.Signer = []string{"مریم احمدی", "مدیرکل"}
	l.Footer = []string{
		"پرونده: RG-1405-02731 — نسخهٔ تعریف: referral@1.2.0",
		"sha256:3b1f6c0e8a5d4e1c9b7a2f3d6e8c0b4a5f1e2d3c4b5a69788796a5b4c3d2e1f0",
		"راستی‌آزمایی: https://rahgosha.example.ir/v/RG-1405-02731",
	}
	l.QR = "https://rahgosha.example.ir/v/RG-1405-02731?h=3b1f6c0e8a5d4e1c"
	l.QRCaption = "راستی‌آزمایی نامه"
	l.Lang = "fa"
	return l
}

func receipt() Letter {
	l := frame(Letter{Title: "رسید", Subject: "رسید درخواست"})
	l.To = []string{"مدیرعامل محترم شرکت سلام‌کالای البرز (سهامی خاص)"}
	l.Body = []string{
		"درخواست شما با شمارهٔ پروندهٔ «RG-1405-02731» در تاریخ ۱۴۰۵/۰۷/۱۲ ساعت ۰۹:۴۵ ثبت شد. مهلت بررسی نقص مدارک: ۱۴۰۵/۰۷/۱۹. وضعیت پرونده را در نشانی https://rahgosha.example.ir/c/RG-1405-02731 یا با ارائهٔ همین شماره در دبیرخانه بپرسید.",
	}
	return l
}

func missing() Letter {
	l := frame(Letter{Title: "نقص مدارک", Subject: "اعلام نقص مدارک پروندهٔ RG-1405-02731", Watermark: "نمونه"})
	l.To = []string{"متقاضی محترم"}
	l.Body = []string{
		"با سلام و احترام؛ پس از بررسی پروندهٔ RG-1405-02731، مدارک زیر ناقص یا مغایر است: صورت‌های مالی حسابرسی‌شدهٔ سال ۱۴۰۴، مجوز زیست‌محیطی، گواهی امضای صاحبان امضای مجاز. خواهشمند است تا تاریخ ۱۴۰۵/۰۸/۰۱ همهٔ موارد را یک‌جا تکمیل کنید. این فهرست کامل است و نقص تازه‌ای جز در صورت تغییر اسناد اعلام نخواهد شد.",
	}
	l.Tables = []Table{{
		Head:   []string{"ردیف", "مدرک", "ایراد", "کد"},
		Rows:   [][]string{{"۱", "صورت‌های مالی", "بدون مهر حسابرس", "DOC-04"}, {"۲", "مجوز زیست‌محیطی", "تاریخ اعتبار آن ۱۴۰۵/۰۲/۳۱ گذشته است و نسخهٔ تازه لازم است", "DOC-11"}},
		Widths: []float64{1, 3, 5, 2},
	}}
	return l
}

func referral() Letter {
	l := frame(Letter{Title: "معرفی به بانک", Subject: "معرفی شرکت سلام‌کالای البرز"})
	l.To = []string{"ریاست محترم بانک ملی ایران شعبهٔ مرکزی البرز"}
	l.Body = []string{
		"با سلام و احترام،",
		"در اجرای بستهٔ تأمین سرمایه در گردش و بر پایهٔ صورت‌جلسهٔ شمارهٔ ۱۴۰۵/۳۱ مورخ ۱۴۰۵/۰۷/۰۸، شرکت سلام‌کالای البرز با شناسهٔ ملی ۱۰۱۰۱۲۳۴۵۶۷ و پروانهٔ بهره‌برداری شمارهٔ ۱۲۳/۴۵۶۷۸ برای دریافت تسهیلات سرمایه در گردش تا سقف ۷۰٬۰۰۰٬۰۰۰٬۰۰۰ ریال (هفتاد میلیارد ریال) معرفی می‌شود. خواهشمند است نتیجهٔ بررسی را ظرف مهلت مقرر با درج دلیل به این اداره کل اعلام فرمایید.",
	}
	l.Copies = []string{"سرپرستی بانک در استان", "متقاضی"}
	return l
}

func refusal() Letter {
	l := frame(Letter{Title: "رد با دلیل", Subject: "نتیجهٔ درخواست"})
	l.To = []string{"متقاضی محترم"}
	l.Body = []string{
		"درخواست RG-1405-02731 بر پایهٔ نسخهٔ 1.2.0 شیوه‌نامه پذیرفته نشد. دلیل: نسبت مالکانه کمتر از حد است (کد RSN-12). معیار و مقدار: نسبت مالکانه = ۱۲٫۵ درصد، حد لازم ۲۰ درصد. می‌توانید تا ۱۴۰۵/۰۸/۱۵ از همین صفحه اعتراض کنید؛ اعتراض را کسی جز تصمیم‌گیرندهٔ نخست بررسی می‌کند.",
		"تلفن: ۰۲۱-۸۸۱۲۳۴۵۶ و مُهلَتِ اعلام‌شده قطعی است؛ لازم است لابه‌لای الأسناد، کالاها و سؤال‌ها نیز بررسی شود (بند ۳ [پیوست]).",
	}
	return l
}

// texts gives all that a reader of the letter must find, in order of reading within each.
func (l Letter) texts() []string {
	out := append(strings.Split(l.Office, "\n"), l.Subject, l.QRCaption)
	out = append(out, l.Body...)
	out = append(append(append(append(append(out, l.Header...), l.To...), l.Signer...), l.Copies...), l.Footer...)
	for _, m := range l.Meta {
		out = append(out, m[0]+": "+m[1])
	}
	return out
}

func (l Letter) cells() []string {
	var out []string
	for _, t := range l.Tables {
		for _, r := range append([][]string{t.Head}, t.Rows...) {
			out = append(out, r...)
		}
	}
	return out
}

func manual() Document {
	d := Document{Title: "شیوه‌نامهٔ معرفی به بانک", Subtitle: "راهنمای چاپی", Cover: []string{"نسخهٔ 1.2.0", "۱۴۰۵/۰۷/۱۲"},
		Hash: "sha256:3b1f6c0e8a5d4e1c9b7a2f3d6e8c0b4a5f1e2d3c4b5a69788796a5b4c3d2e1f0", Lang: "fa"}
	for i := range 6 {
		d.Blocks = append(d.Blocks, Block{Level: 1, Text: "مرحلهٔ بررسی"}, Block{Level: 2, Text: "قاعدهٔ مهلت"},
			Block{Text: strings.Repeat(referral().Body[1]+" ", 2+i)}, Block{Bullet: true, Text: "کارشناس می‌تواند پرونده را بازگرداند."})
	}
	rows := make([][]string, 40)
	for i := range rows {
		rows[i] = []string{"R-" + string(rune('A'+i%26)), "شرح قاعده و کالای آن", "می‌شود"}
	}
	d.Blocks = append(d.Blocks, Block{Table: &Table{Head: []string{"کد", "شرح", "نتیجه"}, Rows: rows, Widths: []float64{1, 4, 2}}})
	return d
}
