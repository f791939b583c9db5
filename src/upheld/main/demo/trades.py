"""What invented people do for a living: titles, skills, workplaces and what they are proud of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Trade:
    """A line of work. `degrees` are what one learns for it, `deeds` what one is proud of."""

    titles: tuple[str, str, str]
    """Beginning, later, and with others to lead."""
    skills: tuple[str, ...]
    degrees: tuple[str, ...]
    deeds: tuple[str, ...]


@dataclass(frozen=True)
class Region:
    """Where people live, and what they are called there."""

    first: tuple[str, ...]
    last: tuple[str, ...]
    towns: tuple[str, ...]
    dialling: str
    workplaces: tuple[str, ...]
    schools: tuple[str, ...]
    languages: tuple[str, ...]


REGIONS = {
    "IN": Region(
        ("Aarav", "Aditi", "Ananya", "Arjun", "Asha", "Bhavna", "Deepak", "Devika", "Divya", "Farhan", "Gauri",
         "Harish", "Ishaan", "Jyoti", "Kabir", "Kavya", "Lakshmi", "Manoj", "Meenakshi", "Nandini", "Naveen", "Nisha",
         "Pooja", "Pranav", "Priya", "Rahul", "Rekha", "Rohan", "Sana", "Sanjay", "Shreya", "Sunil", "Tanvi", "Uma",
         "Varun", "Vidya", "Vikram", "Yusuf", "Zoya"),
        ("Acharya", "Agarwal", "Banerjee", "Bhat", "Chatterjee", "D'Souza", "Desai", "Dhillon", "Fernandes", "Ghosh",
         "Gowda", "Hegde", "Iyer", "Jain", "Joshi", "Kamath", "Khan", "Kulkarni", "Kurian", "Menon", "Mishra", "Nair",
         "Naidu", "Pai", "Patel", "Pillai", "Rao", "Reddy", "Shaikh", "Sharma", "Shetty", "Singh", "Thomas", "Varghese",
         "Verma", "Yadav"),
        ("Kochi", "Bengaluru", "Pune", "Mangaluru", "Chennai", "Kannur", "Hyderabad", "Coimbatore", "Nashik", "Goa"),
        "+91 555",
        ("Brackwater Labs", "Osprey Controls", "Monsoon Metering", "Kestrel Devices", "Delta Survey", "Banyan Systems",
         "Saffron Logistics", "Cardamom Software", "Peepal Analytics", "Coromandel Works", "Sahyadri Motors",
         "Malabar Marine"),
        ("Cochin Institute of Engineering", "College of Engineering, Pune", "Mangalore Polytechnic",
         "University of Western Ghats", "Deccan School of Science"),
        ("Malayalam", "Hindi", "Kannada", "Tamil", "Marathi", "English"),
    ),
    "EU": Region(
        ("Anke", "Annika", "Bartosz", "Björn", "Camille", "Carla", "Chiara", "Daan", "Dorota", "Elif", "Elena", "Emil",
         "Femke", "Florian", "Giulia", "Greta", "Hanna", "Henrik", "Ines", "Jakub", "Jana", "Jonas", "Jörg", "Katarina",
         "Lars", "Leonie", "Lukas", "Maike", "Marek", "Mateo", "Nadia", "Noor", "Oskar", "Petra", "Rosa", "Ruben",
         "Sofia", "Tomas", "Wanda", "Yasmin"),
        ("Achterberg", "Albrecht", "Bakker", "Bauer", "Castellano", "de Groot", "Dubois", "Eriksson", "Fischer",
         "Friedrichs", "García", "Hansen", "Hartmann", "Jansen", "Kaya", "Keller", "Kowalski", "Krüger", "Lehmann",
         "Lindqvist", "Marino", "Meijer", "Möller", "Moreau", "Novak", "Nowak", "Pereira", "Petersen", "Quast", "Rossi",
         "Schröder", "Sørensen", "Thielen", "van Dijk", "Visser", "Weber", "Weiss", "Zimmermann"),
        ("Hamburg", "Bremen", "Lübeck", "Berlin", "Oldenburg", "Rotterdam", "Utrecht", "Hannover", "Groningen", "Kiel"),
        "+49 555",
        ("Ferry Statistics", "Clinic Group North", "Papermill Research", "Lindenhof Care", "Elbe Freight",
         "City Nursing Service", "St. Brendan Hospital", "Polder Warehousing", "Hanse Payroll", "Heide Software",
         "Westkade Terminals", "Kontor Nine"),
        ("University of Hanse Cities", "Weser College of Care", "Technical School, Utrecht", "Academy of Kiel Bay",
         "Polytechnic of the North"),
        ("German", "English", "Dutch", "Polish", "Turkish", "French", "Danish"),
    ),
}  # fmt: skip

TRADES = {
    "firmware": Trade(
        ("Firmware engineer", "Senior firmware engineer", "Lead engineer, embedded"),
        ("C", "Rust", "RTOS", "board bring-up", "low power", "CAN bus", "test rigs", "LoRaWAN", "oscilloscopes"),
        ("B.Tech. in electronics", "M.Tech. in embedded systems", "B.E. in instrumentation"),
        ("Wrote and shipped firmware for a battery-powered logger that has run for four years without a visit.",
         "Halved the current of a sleeping sensor, mostly by asking why it woke.",
         "Brought up six boards, two of which had come back from the sea.",
         "Built the test rig that now catches faults before a customer does.",
         "Moved the most fragile driver to Rust, and kept it boring."),
    ),
    "field work": Trade(
        ("Technician", "Field technician", "Field team lead"),
        ("calibration", "wiring", "pumps", "safety", "first aid", "route planning", "diving ladder", "reports"),
        ("Diploma in mechanical engineering", "ITI certificate, electrician", "Diploma in instrumentation"),
        ("Installed forty measuring stations, and knows which bridge has the wasps.",
         "Kept a fleet of loggers alive through two monsoons.",
         "Trained the two colleagues who came after.",
         "Planned routes that saved a day each week.",
         "Never once left a site without writing down why."),
    ),
    "analysis": Trade(
        ("Analyst", "Data analyst", "Lead analyst"),
        ("SQL", "Python", "statistics", "dashboards", "interviews", "data protection", "R", "time series"),
        ("B.Sc. in statistics", "M.Sc. in data science", "M.Sc. in public health"),
        ("Turned waiting-time records into three changes that people still talk about.",
         "Found the month in which two systems counted the same people twice.",
         "Built the one report that the night shift reads.",
         "Explained uncertainty to a board, and was invited back.",
         "Replaced forty spreadsheets by four tables and a page of words."),
    ),
    "nursing": Trade(
        ("Nurse", "Senior nurse", "Nurse coordinator"),
        ("home care", "shift planning", "wound care", "palliative care", "teaching", "documentation", "listening"),
        ("State-registered nurse", "B.Sc. in nursing", "Further training in palliative care"),
        ("Coordinated home visits for sixty people and kept the plan true every single week.",
         "Taught eleven students, of whom nine stayed.",
         "Rewrote the handover so that it fits on one page.",
         "Worked nights for five years, and still likes mornings.",
         "Sat with families when nothing else helped."),
    ),
    "planning": Trade(
        ("Planning assistant", "Production planner", "Head of planning"),
        ("ERP", "purchasing", "spreadsheets", "suppliers", "stock", "lean", "negotiation"),
        ("B.Com.", "Diploma in supply chain", "B.Eng. in industrial engineering"),
        ("Brought late deliveries from one in five to one in thirty.",
         "Cleared a store that nobody had dared to count.",
         "Found a second supplier for everything that mattered.",
         "Planned a move of three lines over one weekend."),
    ),
    "logistics": Trade(
        ("Warehouse worker", "Team lead, warehouse", "Shift lead"),
        ("forklift", "shift planning", "safety", "training", "scanners", "languages", "first aid"),
        ("Certificate in warehousing", "Vocational training in logistics", "Forklift instructor"),
        ("Led a shift of eighteen for two years without a lost day.",
         "Drew the walkways that halved the near misses.",
         "Trained forty people in three languages.",
         "Kept the night shift together when the belt stood still."),
    ),
    "support": Trade(
        ("Support agent", "Support specialist", "Support team lead"),
        ("German", "Hindi", "ticketing", "writing", "patience", "repairs by phone", "training"),
        ("B.A. in German", "Goethe certificate C1", "B.A. in English"),
        ("Solved four of five calls without handing on.",
         "Wrote the answers that everybody now copies.",
         "Calmed people down in two languages, sometimes in one call.",
         "Told the workshop what breaks, with numbers."),
    ),
    "payroll": Trade(
        ("Payroll clerk", "Payroll specialist", "Head of payroll"),
        ("payroll law", "DATEV", "reconciliation", "audits", "spreadsheets", "discretion"),
        ("Certified payroll specialist", "B.A. in business", "Vocational training in tax"),
        ("Paid nine hundred people on time for thirty-six months in a row.",
         "Closed an audit without a finding.",
         "Moved a payroll from one system to another, to the cent."),
    ),
}  # fmt: skip
