// Slack's names of the emoji an operations team uses. A name that is not here stays as text.

export const EMOJI = new Map(
  `
  smile 😄 smiley 😃 grinning 😀 blush 😊 slightly_smiling_face 🙂 wink 😉 heart_eyes 😍 joy 😂 sweat_smile 😅
  laughing 😆 thinking_face 🤔 neutral_face 😐 confused 😕 worried 😟 cry 😢 sob 😭 scream 😱 rage 😡 angry 😠
  sleeping 😴 sunglasses 😎 nerd_face 🤓 upside_down_face 🙃 face_with_rolling_eyes 🙄 grimacing 😬 relieved 😌
  exploding_head 🤯 partying_face 🥳 saluting_face 🫡 shrug 🤷 facepalm 🤦 robot_face 🤖 ghost 👻 skull 💀 poop 💩
  +1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 ok_hand 👌 wave 👋 clap 👏 raised_hands 🙌 pray 🙏 muscle 💪 point_right 👉
  point_left 👈 point_up ☝️ point_down 👇 raised_hand ✋ handshake 🤝 eyes 👀 brain 🧠 bust_in_silhouette 👤
  busts_in_silhouette 👥 heart ❤️ broken_heart 💔 100 💯 fire 🔥 boom 💥 sparkles ✨ star ⭐ zap ⚡ tada 🎉
  confetti_ball 🎊 trophy 🏆 dart 🎯 rocket 🚀 ship 🚢 anchor ⚓ construction 🚧 vertical_traffic_light 🚦
  traffic_light 🚥 octagonal_sign 🛑 no_entry ⛔ no_entry_sign 🚫 warning ⚠️ rotating_light 🚨 sos 🆘 ambulance 🚑
  fire_engine 🚒 fire_extinguisher 🧯 helmet_with_white_cross ⛑️ bell 🔔 no_bell 🔕 loudspeaker 📢 mega 📣 mute 🔇
  speaker 🔈 phone ☎️ telephone_receiver 📞 pager 📟 iphone 📱 email 📧 envelope ✉️ inbox_tray 📥 outbox_tray 📤
  white_check_mark ✅ heavy_check_mark ✔️ ballot_box_with_check ☑️ x ❌ heavy_multiplication_x ✖️ negative_squared_cross_mark ❎
  question ❓ grey_question ❔ exclamation ❗ heavy_exclamation_mark ❗ grey_exclamation ❕ bangbang ‼️ information_source ℹ️
  heavy_plus_sign ➕ heavy_minus_sign ➖ arrow_right ➡️ arrow_left ⬅️ arrow_up ⬆️ arrow_down ⬇️ arrow_upper_right ↗️
  arrow_lower_right ↘️ arrow_right_hook ↪️ leftwards_arrow_with_hook ↩️ arrows_counterclockwise 🔄 repeat 🔁 rewind ⏪
  fast_forward ⏩ arrow_forward ▶️ double_vertical_bar ⏸️ black_square_for_stop ⏹️ black_circle_for_record ⏺️
  large_red_circle 🔴 red_circle 🔴 large_orange_circle 🟠 large_yellow_circle 🟡 large_green_circle 🟢
  large_blue_circle 🔵 large_purple_circle 🟣 large_brown_circle 🟤 black_circle ⚫ white_circle ⚪
  large_red_square 🟥 large_orange_square 🟧 large_yellow_square 🟨 large_green_square 🟩 large_blue_square 🟦
  large_purple_square 🟪 large_brown_square 🟫 black_large_square ⬛ white_large_square ⬜ small_red_triangle 🔺
  small_red_triangle_down 🔻 large_blue_diamond 🔷 large_orange_diamond 🔶 small_blue_diamond 🔹 small_orange_diamond 🔸
  hourglass ⌛ hourglass_flowing_sand ⏳ stopwatch ⏱️ alarm_clock ⏰ clock1 🕐 clock3 🕒 calendar 📆 date 📅
  bar_chart 📊 chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 clipboard 📋 memo 📝 pencil ✏️ pencil2 ✏️
  page_facing_up 📄 scroll 📜 books 📚 bookmark 🔖 label 🏷️ link 🔗 paperclip 📎 pushpin 📌 round_pushpin 📍
  scissors ✂️ file_folder 📁 open_file_folder 📂 card_index_dividers 🗂️ wastebasket 🗑️ package 📦 gift 🎁
  lock 🔒 unlock 🔓 closed_lock_with_key 🔐 key 🔑 shield 🛡️ hammer 🔨 wrench 🔧 hammer_and_wrench 🛠️ gear ⚙️ nut_and_bolt 🔩
  toolbox 🧰 mag 🔍 mag_right 🔎 microscope 🔬 telescope 🔭 satellite_antenna 📡 bulb 💡 battery 🔋 electric_plug 🔌
  computer 💻 desktop_computer 🖥️ keyboard ⌨️ floppy_disk 💾 cd 💿 bug 🐛 snail 🐌 turtle 🐢 rabbit2 🐇 hatching_chick 🐣
  canary 🐤 baby_chick 🐤 whale 🐳 penguin 🐧 seedling 🌱 evergreen_tree 🌲 sunny ☀️ cloud ☁️ rain_cloud 🌧️ snowflake ❄️
  ice_cube 🧊 ocean 🌊 earth_americas 🌎 earth_africa 🌍 globe_with_meridians 🌐 house 🏠 office 🏢 door 🚪 coffee ☕ beer 🍺
  pizza 🍕 doughnut 🍩 moneybag 💰 dollar 💵 credit_card 💳 checkered_flag 🏁 triangular_flag_on_post 🚩 white_flag 🏳️
  speech_balloon 💬 thought_balloon 💭 zzz 💤 new 🆕 up 🆙 ok 🆗 cool 🆒 free 🆓 recycle ♻️ copyright ©️
  one 1️⃣ two 2️⃣ three 3️⃣ four 4️⃣ five 5️⃣ six 6️⃣ seven 7️⃣ eight 8️⃣ nine 9️⃣ keycap_ten 🔟 zero 0️⃣
  `
    .trim()
    .split(/\s+/)
    .reduce((pairs, word, index, words) => (index % 2 ? [...pairs, [words[index - 1], word]] : pairs), []),
);

/** The emoji offered beside a message. */
export const QUICK = ["+1", "eyes", "white_check_mark", "tada", "rocket", "pray", "heart", "fire", "x", "thinking_face"];
