"""Surnames by origin group, in rank order, and the rule that turns ranks into shares.

Ranks approximate public counts: the commonest surnames of England and Wales as published from the NHS Central
Register (Smith near 1.2 %, Jones 0.7 %, the first 250 about a third of everybody), of Ireland from the CSO, and of
the other groups from the published forebears of electoral-roll studies (Lasker; Nanchahal). Written from general
knowledge of those ranks, so they are approximations; no list was copied. The long tail is made of roots and endings.
"""

from __future__ import annotations

from itertools import product

from mpi.simulate.sampling import listed

BRITISH = listed("""Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans
Walker White Roberts Green Hall Wood Jackson Clarke Harris Clark Turner Hill Cooper Lewis Martin Morris Ward
Moore Baker Lee King Allen Harrison Morgan Patel Scott James Phillips Watson Davis Parker Bennett Price
Griffiths Young Shaw Cook Simpson Mitchell Richardson Bailey Carter Collins Marshall Bell Ellis Cox Miller
Adams Murphy Richards Murray Webb Wilkinson Rogers Hughes Edwards Thomas Foster Chapman Kelly Gray Mills
Barnes Knight Matthews Campbell Lloyd Butler Russell Barker Fisher Stevens Jenkins Dixon Fletcher Hunt Palmer
Holmes Powell Gibson Pearson Howard Graham Reynolds Andrews Elliott Ford Fox Payne Mason Ryan Stewart Walsh
Lawrence Bradley West Atkinson Pearce Dawson Burton Rose Spencer Brooks Day Armstrong Cole Owen Harvey Hart
Reid Booth Perry Wells Francis Cross Hudson Grant Lane Newman Hawkins Gardner Berry Stone Saunders Hopkins
Watts Kennedy Carr Porter Hayes Nicholson Woods Gregory Hamilton Curtis Long Barrett Harper Stephenson Burns
Warren Oliver Doyle Webster Austin Bird Gilbert Robertson Henderson Ball Sutton May Jordan Cunningham Read
Arnold Freeman Goodwin Bishop Coleman Lambert Gordon Hewitt Ashton Whittaker Entwistle Greenhalgh Hodgson Kay
Ogden Ashworth Schofield Haslam Crompton Heywood Lomax Hargreaves Kershaw Barlow Bamford Sykes Nuttall
Pilkington Rothwell Thornton Wharton Holt Horrocks Buckley Clegg Tomlinson Parkinson Sharples Fielding Hilton
Hulme Hurst Howarth Hardman Brierley Wolstenholme Bradshaw Chadwick Butterworth Fitton Taylforth Warburton
Sanderson Marsden Lees Wild Cheetham Royle Bates Poole Waters Bowen Chambers Stokes Parsons Osborne Potter
Dean Page Riley Bryant Rhodes Flynn Norris Frost Gill Hancock Nash Norton Savage Sharp Steele Summers Tucker
Vaughan Wade Walton Wheeler Yates O'Brien O'Connor O'Neill McCarthy McDonald MacDonald McKenzie McLean""")

IRISH = listed("""Murphy Kelly O'Sullivan Walsh Smith O'Brien Byrne Ryan O'Connor O'Neill O'Reilly Doyle
McCarthy Gallagher Doherty Kennedy Lynch Murray Quinn Moore McLoughlin Carroll Connolly Daly Connell Wilson
Dunne Brennan Burke Collins Campbell Clarke Johnston Hughes Farrell Fitzgerald Brown Martin Maguire Nolan
Flynn Thompson Callaghan O'Donnell Duffy Mahony Boyle Healy O'Shea White Sweeney Hayes Kavanagh Power McGrath
Moran Brady Stewart Casey Foley Fitzpatrick O'Leary McDonnell McMahon Donnelly Regan Donovan Burns Flanagan
Mullan Barry Kane Robinson Cunningham Griffin Kenny Sheehan Ward Whelan Lyons Reid Graham Higgins Cullen Keane
King Maher McKenna Bell Scott Hogan O'Keeffe Magee McNamara McDonald McDermott Molony O'Rourke Buckley O'Dwyer""")

PAKISTANI = listed("""Khan Hussain Ahmed Ali Akhtar Mahmood Iqbal Malik Shah Rehman Hussein Mohammed Aslam
Ashraf Rashid Butt Mirza Sheikh Chaudhry Choudhry Anwar Raza Saleem Khalid Javed Siddiqui Qureshi Nawaz Riaz
Bashir Aziz Yousaf Farooq Latif Hanif Rafiq Akram Sharif Azam Tariq Shabbir Zaman Mughal Arshad Amin Younis
Hamid Yaqoob Abbas Haider Rauf Saeed Naeem Kazmi Bhatti Rana Awan Dar Parveen Bibi Begum Kauser Kousar Akhter
Sultana Nazir Sarwar Karim Baig Afzal Hafeez Ilyas Ishaq Liaqat Maqsood Munir Nasir Razaq Sadiq Shafiq Waheed
Zafar Zahoor Mehmood Ahmad Hassan Ullah Gul Jan Afridi Durrani Niazi Gilani Hashmi Naqvi Zaidi Rizvi""")

BANGLADESHI = listed("""Begum Ali Ahmed Miah Khan Uddin Islam Rahman Hussain Khatun Chowdhury Hoque Haque Alam
Choudhury Akhter Bibi Khanam Hossain Sultana Karim Kamal Ullah Mia Chowdhry Hasan Nessa Sheikh Talukder Sarkar
Bhuiyan Akther Abdullah Aziz Jahan Kabir Rashid Malik Rob Shah Syed Salam Noor Mahmud Mannan Quddus Rouf
Sattar Latif Jalil Hannan Goni Bari Faruk Ferdous Parvin Yasmin""")

INDIAN = listed("""Patel Singh Kaur Shah Sharma Kumar Gill Mistry Joshi Desai Mehta Parmar Chauhan Solanki
Sidhu Dhillon Sandhu Gupta Bhatt Rana Verma Reddy Rao Nair Menon Iyer Thomas Mathew Varghese George Joseph
Jacob Pillai Das Dey Ghosh Mukherjee Chatterjee Banerjee Kapoor Khanna Malhotra Chopra Arora Bedi Grewal Bains
Johal Sahota Virk Mann Dosanjh Panesar Bansal Agarwal Jain Modi Amin Trivedi Pandya Vyas Rathod Makwana
Vaghela Thakkar Lad Kapadia Prajapati Tailor Lakhani Raja Bhatia Sethi Suri Saini Thind Uppal Basra Bassi
Bahra Birdi Bhogal Dhaliwal Purewal Krishnan Subramanian Venkatesh Srinivasan Fernandes D'Souza Pereira Pinto""")

AFRICAN = listed("""Mohamed Ali Ahmed Hassan Abdi Mensah Owusu Boateng Osei Appiah Asante Okafor Okeke Adeyemi
Adebayo Ogunleye Balogun Olawale Adewale Ibrahim Musa Yusuf Bello Eze Nwosu Obi Okoro Chukwu Nnamdi Ojo
Afolabi Akinola Adekunle Bakare Oladipo Banda Phiri Moyo Ncube Sibanda Dube Ndlovu Nkomo Mutasa Chikwanda
Kamau Mwangi Njoroge Otieno Odhiambo Ochieng Wanjiku Mugisha Okello Kiggundu Nakato Tesfaye Haile Bekele Abebe
Gebre Tadesse Warsame Farah Omar Yusuf Jama Hussein Nur Ismail Osman Kamara Sesay Koroma Conteh Bangura Turay
Jalloh Diallo Traore Kone Camara Bah Sow Mbeki Nkosi Dlamini Asamoah Amoah Addo Agyeman Quaye Tetteh Lartey
Amponsah Kwarteng""")

CARIBBEAN = listed("""Brown Williams Campbell Smith Johnson Clarke Thompson Grant Francis Gordon Lewis Morgan
James Thomas Wright Henry Reid Bailey Green Davis Edwards Walker Samuels Stewart Allen Morris Simpson Scott
Wilson Robinson Charles Joseph Miller Anderson Blake Dixon Palmer Gayle Bennett Pinnock Bryan Lawrence Powell
Mitchell Douglas Hamilton Richards Daley McKenzie McFarlane Nembhard Facey Bogle Beckford Barrett Dacosta
Codrington Alleyne Braithwaite Greenidge Haynes Sobers Gittens Best Rowe Pierre Baptiste Prosper St-Louis
Blackwood Cummings""")

CHINESE = listed("""Wong Chan Li Chen Wang Liu Zhang Cheung Lee Lam Ng Yang Huang Leung Wu Ho Tang Yip Lau
Zhao Zhou Xu Sun Ma Zhu Hu Guo Lin He Gao Luo Zheng Liang Xie Song Tsang Cheng Chow Kwok Fung Tse Tam Yeung
Yuen Mok Poon Lai Man Ip Au Chiu Chu Fong Hui Kong Kwan Law Lo Lui Mak Pang Siu So Sze To Tong Tsui Wan Woo
Yau Yu""")

POLISH = listed("""Nowak Kowalski Wisniewski Wojcik Kowalczyk Kaminski Lewandowski Zielinski Szymanski Wozniak
Dabrowski Kozlowski Jankowski Mazur Wojciechowski Kwiatkowski Krawczyk Kaczmarek Piotrowski Grabowski Zajac
Pawlowski Michalski Krol Wieczorek Jablonski Wrobel Nowakowski Majewski Olszewski Stepien Malinowski Jaworski
Adamczyk Dudek Nowicki Pawlak Gorski Witkowski Walczak Sikora Baran Rutkowski Michalak Szewczyk Ostrowski
Tomaszewski Pietrzak Zalewski Wroblewski Marciniak Jasinski Zawadzki Bak Jakubowski Sadowski Duda Wlodarczyk
Wilk Chmielewski Borkowski Sokolowski Szczepanski Sawicki Kucharski Lis Maciejewski Kubiak Kalinowski Wysocki
Mazurek Kolodziej Kazmierczak Popescu Ionescu Popa Radu Dumitru Stan Stoica Gheorghe Matei Ciobanu""")

OTHER = listed("""Silva Santos Ferreira Pereira Costa Rodrigues Garcia Fernandez Lopez Martinez Rossi Russo
Ferrari Esposito Bianchi Muller Schmidt Schneider Weber Dubois Bernard Laurent Papadopoulos Ioannou Georgiou
Yilmaz Kaya Demir Celik Sahin Al-Hassan Al-Rashid Haddad Khoury Mansour Nasser Salem Hamdan Saleh Aziz Hussein
Karimi Ahmadi Hosseini Rezaei Moradi Mohammadi Rahimi Noori Nguyen Tran Le Pham Hoang Reyes Cruz Bautista
Ramos Mendoza Santiago Dela-Cruz Gonzales Tamang Gurung Rai Limbu Thapa Shrestha Kim Park Choi Tanaka Sato
Suzuki Perera Fernando Silva Jayawardena Kaplan Cohen Levy Goldberg Katz Friedman Muñoz Núñez Gómez Müller
Françoise""")

_ROOTS = listed("""Ack Ald All Ander Apple Arm Ash Bain Bar Beck Bent Black Blen Brack Brad Bram Brier Brock
Brom Buck Burn Cald Carl Chal Chat Ches Clay Clif Cock Cran Cres Crow Dal Dar Den Dun Earn East Ed Elm Fair
Far Fen Fern Frod Gar Gold Graf Green Grim Had Hal Ham Har Hather Haw Hay Haz Hea Heb Hen Hol Hop Hors Hunt In
Kel Ken Kil Kirk Lang Lat Led Lind Long Lud Mal Marl Mel Mid Mil Mor Mos Nor Oak Old Ols Or Os Pem Pen Pick
Pres Rad Rain Ram Rav Red Ring Rip Row Rush San Sed Shef Sher Ship Sil Skel Smal Sprat Stan Stap Stav Stock
Stran Sud Swain Tat Thorn Thur Til Tow Tun Twi Up Wad Wain Wal Wap Wat Wen Wes Wet Whit Wick Wil Win Wolf Wor
Wyn Yel""")
_MIDDLES = ("", "er", "ing", "en", "le")
_ENDINGS = listed("""ley ton worth field ford ham bourne well bridge wick wood shaw bottom clough croft gate
land house man stead stone den dale by thorpe hurst combe cliffe row sall more ridge side way brook cott bury
wright more-Hall sworth ett kin son""")


def tail() -> list[str]:
    """Rare English surnames of the generated tail, about thirty thousand, in a fixed order that hides the roots."""
    made = [f"{root}{middle}{ending}" for root, middle, ending in product(_ROOTS, _MIDDLES, _ENDINGS)]
    stride = 7919  # a prime that does not divide the length, so that neighbours in rank share no root
    return [made[(i * stride) % len(made)] for i in range(len(made))]


MUSLIM_WOMEN = ("Begum", "Bibi", "Akhtar", "Kauser", "Parveen", "Khatun", "Sultana", "Khanam")
"""Last names that South Asian Muslim women carry for life instead of a family name (NHS-60)."""
