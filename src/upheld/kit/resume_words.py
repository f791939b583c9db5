"""The words that `resume` knows: headings, roles, countries, labels. No names of people."""

PARTICLES = frozenset({
    "al", "ap", "bin", "bint", "da", "dal", "de", "del", "della", "den", "der", "di", "dos", "du", "e", "el", "ibn",
    "la", "le", "ten", "ter", "van", "von", "y", "zu",
})  # fmt: skip
"""Small words inside of names."""

DOCUMENT_WORDS = frozenset({
    "confidential", "curriculum", "curriculum vitae", "cv", "lebenslauf", "resume", "résumé",
})  # fmt: skip
"""What a résumé calls itself."""

SUMMARY_HEADINGS = frozenset({
    "about", "about me", "career objective", "career profile", "career summary", "executive summary", "introduction",
    "objective", "personal profile", "personal statement", "personal summary", "professional profile",
    "professional summary", "profile", "summary", "summary of qualifications",
})  # fmt: skip
"""Headings over a few sentences about oneself."""

OTHER_HEADINGS = frozenset({
    "academic background", "achievements", "additional information", "awards", "career history", "certificates",
    "certifications", "certifications and training", "contact", "contact details", "contact information",
    "core competencies", "core skills", "courses", "education", "education and training", "employment",
    "employment history", "experience", "hobbies", "honors", "honours", "interests", "key skills", "languages",
    "memberships", "personal data", "personal details", "personal information", "professional experience", "projects",
    "publications", "references", "relevant experience", "selected projects", "skills", "skills and tools",
    "strengths", "technical skills", "technologies", "tools", "training", "volunteer experience", "volunteering",
    "work experience", "work history",
})  # fmt: skip
"""Headings over everything else."""

ROLE_WORDS = frozenset({
    "accountant", "administrator", "advisor", "analyst", "architect", "artist", "assistant", "associate", "attorney",
    "baker", "barista", "bookkeeper", "buyer", "carpenter", "chef", "chief", "clerk", "coach", "consultant",
    "controller", "coordinator", "copywriter", "counsel", "designer", "developer", "director", "doctor", "driver",
    "economist", "editor", "electrician", "engineer", "executive", "expert", "freelance", "freelancer", "graduate",
    "head", "intern", "journalist", "junior", "lawyer", "lead", "leader", "lecturer", "librarian", "machinist",
    "manager", "marketer", "mechanic", "midwife", "nurse", "officer", "operator", "owner", "paralegal", "pharmacist",
    "photographer", "physician", "physicist", "pilot", "planner", "plumber", "principal", "producer", "product",
    "professional", "professor", "programmer", "project", "receptionist", "recruiter", "representative", "researcher",
    "sales", "scientist", "secretary", "senior", "social", "software", "specialist", "staff", "strategist", "student",
    "supervisor", "surveyor", "teacher", "technician", "therapist", "trainee", "trainer", "translator", "tutor",
    "underwriter", "veterinarian", "waiter", "waitress", "welder", "worker", "writer",
})  # fmt: skip
"""Words of roles: a line with one is a headline, not a name."""

COUNTRIES = frozenset({
    "argentina", "australia", "austria", "bangladesh", "belgium", "brazil", "bulgaria", "canada", "chile", "china",
    "colombia", "croatia", "cyprus", "czech republic", "czechia", "denmark", "deutschland", "egypt", "england",
    "estonia", "finland", "france", "germany", "ghana", "greece", "hong kong", "hungary", "iceland", "india",
    "indonesia", "ireland", "israel", "italy", "japan", "kenya", "latvia", "lithuania", "luxembourg", "malaysia",
    "malta", "mexico", "morocco", "nepal", "netherlands", "new zealand", "nigeria", "northern ireland", "norway",
    "pakistan", "peru", "philippines", "poland", "portugal", "romania", "saudi arabia", "scotland", "serbia",
    "singapore", "slovakia", "slovenia", "south africa", "south korea", "spain", "sri lanka", "sweden", "switzerland",
    "taiwan", "thailand", "the netherlands", "tunisia", "turkey", "uae", "uganda", "uk", "ukraine",
    "united arab emirates", "united kingdom", "united states", "uruguay", "usa", "vietnam", "wales",
})  # fmt: skip
"""What makes `City, Country` a place."""

LABELS = {
    "name": "name", "full name": "name",
    "phone": "phone", "tel": "phone", "telephone": "phone", "mobile": "phone", "cell": "phone", "phone number": "phone",
    "location": "location", "address": "location", "based in": "location", "city": "location", "residence": "location",
}  # fmt: skip
"""What stands before a colon, and which field it names."""
